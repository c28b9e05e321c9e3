/**
 * Changes of a rule in the text of its file. Only the lines that a change is about are written anew: all
 * others, comments and order too, stay as they are to the byte.
 */
import { isMap, isScalar, isSeq, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Edit, RouteEdit } from '../protocol.ts';
import { Refusal } from '../source.ts';
import { editBreaking } from './circuit-breaking.ts';
import { notEditable, type RuleTarget, ruleIn } from './find-rule.ts';
import { flow } from './flow.ts';
import { deleteField, endOfLine, lineStart, rangeOf, setField } from './text-edits.ts';

type OneEdit<Type extends RouteEdit['type']> = Extract<RouteEdit, { type: Type }>;

/**
 * The text with the change made.
 * @throws Refusal where the rule or the route is not there, or is written in a form that cannot be edited here
 */
export function editRule(text: string, target: RuleTarget, edit: Edit): string {
  if (edit.type === 'circuit-breaking') return editBreaking(text, target, edit.on);
  const routes = routesOf(text, target);
  if (edit.type === 'add') return insertRoute(text, routes, edit);
  const route = routes.items[edit.route];
  if (!isMap(route)) throw new Refusal(404, `VirtualService ${target.name} has no route ${edit.route}.`);
  const reread = (changed: string) => routesOf(changed, target).items[edit.route] as YAMLMap<ParsedNode>;
  switch (edit.type) {
    case 'remove':
      return removeRoute(text, routes, edit.route);
    case 'destinations':
      return changeWeights(text, route, edit) ?? changeDestinations(text, route, edit, reread);
    case 'fault':
      return setField(text, route, 'fault', flow(faultOf(edit)));
    case 'no-fault':
      return deleteField(text, route, 'fault');
    case 'no-mirror':
      return withoutMirror(text, reread);
    case 'mirror': {
      const host = route.getIn(['route', 0, 'destination', 'host']);
      const plain = withoutMirror(text, reread);
      const mirrored = setField(plain, reread(plain), 'mirror', flow({ host, subset: edit.subset }));
      return setField(mirrored, reread(mirrored), 'mirrorPercentage', flow({ value: edit.percent }));
    }
  }
}

/** Of one rule the last route first: those before it keep their places. */
export function inOrder(edits: readonly Edit[]): Edit[] {
  const routeOf = (edit: Edit) => ('route' in edit ? edit.route : -1);
  return edits.toSorted((a, b) => routeOf(b) - routeOf(a));
}

/** @throws Refusal where the rule is a table of HTTPRoutes: several objects, mostly of several owners */
export function refuseHttpRoutes(rule: string): void {
  if (!rule.startsWith('HTTPRoutes ')) return;
  throw new Refusal(
    400,
    `${rule} are not changed from here. Beside each route stands its HTTPRoute: change that in its file, or with kubectl.`,
  );
}

function routesOf(text: string, target: RuleTarget): YAMLSeq<ParsedNode> {
  const routes = ruleIn(text, 'VirtualService', target).getIn(['spec', 'http']);
  if (isSeq(routes)) return routes as YAMLSeq<ParsedNode>;
  throw notEditable('VirtualService', target);
}

/** Where the same versions get other weights, only the numbers; undefined where that is not all. */
function changeWeights(
  text: string,
  route: YAMLMap,
  { destinations: wanted }: OneEdit<'destinations'>,
): string | undefined {
  const written = route.get('route');
  if (!isSeq(written) || written.items.length !== wanted.length) return undefined;
  let changed = text;
  // From the last one back, so that places stay what they are.
  for (const [index, item] of [...written.items.entries()].reverse()) {
    const to = wanted[index];
    if (!isMap(item) || !to || item.getIn(['destination', 'subset']) !== to.subset) return undefined;
    const weight = item.get('weight', true);
    if (!isScalar(weight)) return undefined;
    const [start, end] = rangeOf(weight);
    changed = changed.slice(0, start) + to.weight + changed.slice(end);
  }
  return changed;
}

/**
 * Other versions, and the name that goes with them: a route that is named after its version (`service-b/release-v1`) has
 * the fallback of that version by its name (istio/fallback.yaml), which would send its requests there all the same.
 */
function changeDestinations(
  text: string,
  route: YAMLMap,
  { destinations: wanted }: OneEdit<'destinations'>,
  reread: (text: string) => YAMLMap<ParsedNode>,
): string {
  const first = route.getIn(['route', 0, 'destination']);
  if (!isMap(first)) throw new Refusal(400, 'This route leads to no version.');
  const { subset, ...where } = first.toJSON() as Record<string, unknown>;
  const destinations = wanted.map((one) => ({
    destination: { ...where, subset: one.subset },
    ...(wanted.length > 1 && { weight: one.weight }),
  }));
  const changed = setField(text, route, 'route', flow(destinations));
  const name = route.get('name');
  if (typeof name !== 'string' || !name.endsWith(`/${subset}`)) return changed;
  const stem = name.slice(0, -String(subset).length);
  return setField(changed, reread(changed), 'name', flow(stem + wanted.map((one) => one.subset).join('+')));
}

function faultOf({ delayMs, abortStatus, percent }: OneEdit<'fault'>) {
  const percentage = { value: percent };
  return {
    ...(delayMs !== undefined && { delay: { percentage, fixedDelay: duration(delayMs) } }),
    ...(abortStatus !== undefined && { abort: { percentage, httpStatus: abortStatus } }),
  };
}

/** As Istio writes it: `2s`, `0.250s`. */
function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${(ms / 1_000).toFixed(3)}s`;
}

/** All the ways in which Istio lets one be written. */
function withoutMirror(text: string, reread: (text: string) => YAMLMap<ParsedNode>): string {
  const fields = ['mirror', 'mirrors', 'mirrorPercentage', 'mirrorPercent', 'mirror_percent'];
  return fields.reduce((changed, field) => deleteField(changed, reread(changed), field), text);
}

/** Takes the lines of one route out. */
function removeRoute(text: string, routes: YAMLSeq<ParsedNode>, index: number): string {
  if (routes.flow) throw new Refusal(409, 'The routes are written in one line: take the route out by hand.');
  const [start, end] = rangeOf(routes.items[index]);
  const next = routes.items[index + 1];
  const until = next ? lineStart(text, rangeOf(next)[0]) : endOfLine(text, end);
  return text.slice(0, lineStart(text, start)) + text.slice(until);
}

/** Puts a route for a colour before the one at this index. */
function insertRoute(text: string, routes: YAMLSeq<ParsedNode>, edit: OneEdit<'add'>): string {
  const { route, color, header, subset, host } = edit;
  if (routes.flow) throw new Refusal(409, 'The routes are written in one line: put the route in by hand.');
  const start = lineStart(text, rangeOf(routes.items[Math.min(route, routes.items.length - 1)])[0]);
  const indent = /^ */.exec(text.slice(start))?.[0] ?? '';
  const lines = [
    `- name: ${host}/${subset}`,
    `  match: ${flow([{ headers: { [header]: { exact: color } } }])}`,
    `  route: ${flow([{ destination: { host, subset } }])}`,
  ];
  return text.slice(0, start) + lines.map((line) => `${indent}${line}\n`).join('') + text.slice(start);
}
