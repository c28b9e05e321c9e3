/** Whether the local mesh's parser and `istioctl validate` agree on which rules are valid. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RuleObject, toYaml } from '../check/world.ts';
import { notRun } from '../mesh/rules/fields.ts';
import { parseRules } from '../mesh/rules/load.ts';
import { formatProblem } from '../mesh/rules/problem.ts';

const run = promisify(execFile);

export interface Disagreement {
  rule: RuleObject;
  /** What each of the two said; nothing where it took the rule. */
  local?: string;
  istioctl?: string;
}

/** What the local mesh refuses although istioctl takes it, each with its reason. */
const stricter: readonly { says: RegExp; why: string }[] = [
  {
    says: /take the quotes off$|not one of .*$/,
    why: "istioctl does not look at types and names of the CRD's schema; the API server does",
  },
  {
    says: /is not the name of a header that a rule can change$/,
    why: 'a name that no header can have; Istio looks at names only in set and add',
  },
  {
    says: /portLevelSettings\[\d+\]\.port\.number: (is missing|\d+: not in .*)$/,
    why: 'a policy for no port does nothing',
  },
  { says: /fault\.abort\.httpStatus: is missing$/, why: 'an abort without a status does nothing' },
  { says: /targetPort: 0: not in 1 to 65535$/, why: "0 is Istio's word for absent" },
  {
    says: /: match has \d+ groups$/,
    why: 'Envoy refuses all routes of the port then, and Istio tells nobody',
  },
  { says: /consistentHash: nothing to hash; .*$/, why: 'nothing is hashed then' },
  { says: /httpCookie\.ttl: \S+ (less|finer) than 1ms$/, why: 'a cookie counts in whole seconds' },
  { says: /httpStatus: 600: not in 200 to 599$/, why: 'Envoy refuses all routes of the port then' },
  {
    says: /EnvoyFilter \S+ spec\.configPatches\[\d+\]\..*$/,
    why: 'what is no fallback as in istio/fallback.yaml is refused, field by field; Istio takes whatever Envoy may',
  },
  {
    says: /: a path is visible ASCII; .*$|: control characters in a header value$/,
    why: 'no head of a request or an answer can carry it; Envoy refuses the route, or the upstream the request',
  },
  { says: /: says where the body ends; .*$/, why: 'the message is broken then, in Envoy too' },
  { says: /endpoints: not with resolution NONE$/, why: 'nobody looks at them' },
];

/** Undefined where there is no istioctl. */
export async function istioctlVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await run('istioctl', ['version', '--remote=false', '--short']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Rules on which the two differ. What the local mesh does not run, it may refuse where Istio takes it. */
export async function disagreements(rules: readonly RuleObject[]): Promise<Disagreement[]> {
  const said = await validate(rules);
  return rules.flatMap((rule, i) => {
    const result = parseRules([{ file: 'rule', text: toYaml([rule]) }], { defaultNamespace: 'coloring' });
    const problems = result.ok ? [] : result.problems;
    // It refuses it by name and does not say whether it is valid.
    if (problems.length > 0 && problems.every(({ message }) => message.endsWith(notRun))) return [];
    const istioctl = said.get(i);
    const isStricter =
      problems.length > 0 &&
      problems.every((problem) => stricter.some(({ says }) => says.test(formatProblem(problem))));
    if (istioctl === undefined && isStricter) return [];
    const local = problems.length > 0 ? problems.map(formatProblem).join('\n') : undefined;
    return (local === undefined) === (istioctl === undefined) ? [] : [{ rule, local, istioctl }];
  });
}

/** What istioctl says to each rule that it does not take, by index. */
async function validate(rules: readonly RuleObject[]): Promise<Map<number, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'check-'));
  try {
    const file = join(folder, 'rules.yaml');
    const named = rules.map((rule, i) => ({ ...rule, metadata: { ...rule.metadata, name: `rule-${i}` } }));
    await writeFile(file, toYaml(named));
    const { stderr } = await run('istioctl', ['validate', '-f', file], { maxBuffer: 1e8 }).catch(
      (error: { stderr: string }) => error,
    );
    // Warnings stand before it.
    const [, errors = ''] = stderr.split(/^Error: /m);
    const said = errors.matchAll(/^\s*\* \w+\/[^/]*\/rule-(\d+): (.*)/gm);
    return new Map(Array.from(said, ([, index, message = '']) => [Number(index), message]));
  } finally {
    await rm(folder, { recursive: true });
  }
}
