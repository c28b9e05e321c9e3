/** For tests: texts in, rules or problems out. */
import { formatProblem, type LoadOptions, parseRules } from './load.ts';
import type { HttpRoute, RuleSet } from './model.ts';

const fileName = 'rules.yaml';

/** The rules of one text, which must be valid. */
export function rulesOf(text: string, options?: LoadOptions): RuleSet {
  const result = parseRules([{ file: fileName, text }], options);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.rules;
}

/** The problems of one text as people read them, without the name of the file: `14: VirtualService b: ...`. */
export function problemsOf(text: string): string[] {
  const result = parseRules([{ file: fileName, text }]);
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem).slice(fileName.length + 1));
}

/** An object of networking.istio.io/v1 in namespace `coloring` with this spec, in YAML flow or block style. */
export function object(kind: string, spec: string, name = 'b'): string {
  const version = kind === 'EnvoyFilter' ? 'v1alpha3' : 'v1';
  const indented = spec.replace(/^/gm, '  ');
  return `apiVersion: networking.istio.io/${version}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: coloring }\nspec:\n${indented}\n`;
}

/** A VirtualService for the host `b` with one route, given as one entry of `http` in flow style. */
function withRoute(route: string): string {
  return object('VirtualService', `hosts: [b]\nhttp:\n- ${route}`);
}

/** That one route, parsed. */
export function routeOf(route: string): HttpRoute {
  const [parsed] = rulesOf(withRoute(route)).virtualServices[0]?.http ?? [];
  if (!parsed) throw new Error('no route');
  return parsed;
}

/** What is wrong with that one route: `corsPolicy: not run ...`, with paths below the route. */
export function routeProblems(route: string): string[] {
  return problemsOf(withRoute(route)).map((problem) =>
    problem.replace(/^\d+: VirtualService b: spec\.http\[0\](?:\.|: )?/, ''),
  );
}
