/**
 * Changes of a rule in the text of its file. Only the lines that a change is about are written anew: all
 * others, comments and order too, stay as they are to the byte.
 */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isScalar, isSeq, type ParsedNode, type YAMLSeq } from 'yaml';
import type { Edit, RouteEdit } from '../protocol.ts';
import { Refusal } from '../source.ts';
import { editBreaking } from './circuit-breaking.ts';
import { notEditable, type RuleTarget, ruleIn } from './find-rule.ts';
import { flow } from './flow.ts';
import { type Fields, type RuleText, refuseShared, saying, specOf, withFields } from './rule-text.ts';
import { indentAt, insertLines, linesOfItem, rangeOf, replaced } from './text-edits.ts';

type OneEdit<Type extends RouteEdit['type']> = Extract<RouteEdit, { type: Type }>;

interface WrittenDestination {
  destination: { host: string; subset?: string };
  weight?: number;
}

interface WrittenRoute {
  name?: string;
  route?: WrittenDestination[];
}

/**
 * The text with the change made.
 * @throws Refusal where the rule or the route is not there, or is written in a form that cannot be edited here
 */
export function editRule(text: string, target: RuleTarget, edit: Edit): string {
  if (edit.type === 'circuit-breaking') return editBreaking(text, target, edit.on);
  const rule: RuleText = { text, kind: 'VirtualService', target };
  if (edit.type === 'add') return insertRoute(rule, edit);
  const route = routesOf(rule)[edit.route];
  if (!route) throw new Refusal(404, `VirtualService ${target.name} has no route ${edit.route}.`);
  if (edit.type === 'remove') return removeRoute(rule, edit.route);
  const fields = fieldsOf(route, edit);
  const destinations = fields.route as WrittenDestination[] | undefined;
  const changed = destinations && changeWeights(rule, edit.route, destinations);
  return changed ?? withFields(rule, ['http', edit.route], fields);
}

/** At one place what changes a route, then what takes it out, then what comes before it. */
const ranks: Partial<Record<Edit['type'], number>> = { remove: 1, add: 2 };

/**
 * Of one rule the last route first: those before it keep their places.
 * @throws Refusal where one is there twice
 */
export function inOrder(edits: readonly Edit[]): Edit[] {
  const isTwice = edits.some((edit, i) => edits.slice(i + 1).some((other) => isDeepStrictEqual(edit, other)));
  if (isTwice) throw new Refusal(400, 'The same change is asked for twice.');
  const routeOf = (edit: Edit) => ('route' in edit ? edit.route : -1);
  const rankOf = ({ type }: Edit) => ranks[type] ?? 0;
  return edits.toSorted((a, b) => routeOf(b) - routeOf(a) || rankOf(a) - rankOf(b));
}

/** @throws Refusal where the rule is a table of HTTPRoutes: several objects, mostly of several owners */
export function refuseHttpRoutes(rule: string): void {
  if (!rule.startsWith('HTTPRoutes ')) return;
  throw new Refusal(
    400,
    `${rule} are not changed from here. Beside each route stands its HTTPRoute: change that in its file, or with kubectl.`,
  );
}

function routesOf(rule: RuleText): WrittenRoute[] {
  const { http } = specOf(rule);
  if (Array.isArray(http)) return http;
  throw notEditable(rule.kind, rule.target);
}

/** All the ways in which Istio lets a mirror be written. */
const noMirror = {
  mirror: undefined,
  mirrors: undefined,
  mirrorPercentage: undefined,
  mirrorPercent: undefined,
  mirror_percent: undefined,
};

/** What fields of a route shall say. */
function fieldsOf(route: WrittenRoute, edit: Exclude<RouteEdit, { type: 'add' | 'remove' }>): Fields {
  switch (edit.type) {
    case 'destinations':
      return destinationsOf(route, edit);
    case 'fault':
      return { fault: faultOf(edit) };
    case 'no-fault':
      return { fault: undefined };
    case 'no-mirror':
      return noMirror;
    case 'mirror': {
      const { host } = whereOf(route);
      const mirror = { host, subset: edit.subset };
      return { ...noMirror, mirror, mirrorPercentage: { value: edit.percent } };
    }
  }
}

/**
 * Other versions, and the name that goes with them: a route that is named after its version (`service-b/release-v1`) has
 * the fallback of that version by its name (istio/fallback.yaml), which would send its requests there all the same.
 */
function destinationsOf(route: WrittenRoute, { destinations: wanted }: OneEdit<'destinations'>): Fields {
  const where = whereOf(route);
  const { name, route: now = [] } = route;
  const destinations = wanted.map(({ subset, weight }) => {
    const own = now.find(({ destination }) => destination.subset === subset);
    const isWeighted = wanted.length > 1 || own?.weight !== undefined;
    // One that stays keeps the headers of its own.
    return { ...(own ?? { destination: { ...where, subset } }), ...(isWeighted && { weight }) };
  });
  const subsets = wanted.map(({ subset }) => subset);
  const before = now.map(({ destination }) => destination.subset);
  const suffix = `/${before[0]}`;
  if (isDeepStrictEqual(subsets, before) || !name?.endsWith(suffix)) return { route: destinations };
  return { route: destinations, name: `${name.slice(0, -suffix.length)}/${subsets.join('+')}` };
}

/** The host that a route leads to, with its port. @throws Refusal where there is none, or more than one */
function whereOf({ route = [] }: WrittenRoute): { host: string } {
  const [where, ...others] = route.map(({ destination: { subset: _, ...rest } }) => rest);
  if (!where) throw new Refusal(400, 'This route leads to no version.');
  if (others.every((other) => isDeepStrictEqual(other, where))) return where;
  throw new Refusal(409, 'This route leads to several hosts, or ports of one; edit the file.');
}

/** Where the same versions get other weights, only the numbers; undefined where that is not all. */
function changeWeights(
  rule: RuleText,
  index: number,
  wanted: readonly WrittenDestination[],
): string | undefined {
  const document = ruleIn(rule.text, rule.kind, rule.target);
  const written = document.getIn(['spec', 'http', index, 'route']);
  if (!isSeq(written) || written.items.length !== wanted.length) return undefined;
  const now = routesOf(rule)[index]?.route ?? [];
  let changed = rule.text;
  // From the last one back, so that places stay what they are.
  for (const [i, item] of [...written.items.entries()].reverse()) {
    const weight = isMap(item) ? item.get('weight', true) : undefined;
    const to = wanted[i]?.weight;
    if (!isScalar(weight) || !isDeepStrictEqual({ ...now[i], weight: to }, wanted[i])) return undefined;
    const span = rangeOf(weight);
    if (weight.value === to) continue;
    refuseShared(document, span);
    changed = replaced(changed, span, String(to));
  }
  return saying(rule, changed, (spec) => {
    (spec.http as WrittenRoute[])[index] = { ...routesOf(rule)[index], route: [...wanted] };
  });
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

/** Takes the lines of one route out. */
function removeRoute(rule: RuleText, index: number): string {
  const list = listOf(rule, 'take the route out');
  if (list.items.length === 1)
    throw new Refusal(400, 'It is the only route of its VirtualService, which needs one; edit the file.');
  const lines = linesOfItem(rule.text, list, index);
  refuseShared(ruleIn(rule.text, rule.kind, rule.target), lines);
  return saying(rule, replaced(rule.text, lines, ''), ({ http }) => (http as unknown[]).splice(index, 1));
}

/** Puts a route for a colour before the one at this index, and before its comments. */
function insertRoute(rule: RuleText, { route, color, header, subset, host }: OneEdit<'add'>): string {
  const list = listOf(rule, 'put the route in');
  const index = Math.min(route, list.items.length - 1);
  const [start] = linesOfItem(rule.text, list, index);
  const added = {
    name: `${host}/${subset}`,
    match: [{ headers: { [header]: { exact: color } } }],
    route: [{ destination: { host, subset } }],
  };
  const indent = indentAt(rule.text, start);
  const lines = Object.entries(added).map(
    ([field, value], i) => `${indent}${i === 0 ? '-' : ' '} ${field}: ${flow(value)}`,
  );
  const changed = insertLines(rule.text, start, lines);
  return saying(rule, changed, ({ http }) => (http as unknown[]).splice(index, 0, added));
}

/** @param what a person would do by hand where they stand in one line */
function listOf({ text, kind, target }: RuleText, what: string): YAMLSeq<ParsedNode> {
  const routes = ruleIn(text, kind, target).getIn(['spec', 'http']);
  if (!isSeq(routes)) throw notEditable(kind, target);
  if (routes.flow) throw new Refusal(409, `The routes are written in one line: ${what} by hand.`);
  return routes as YAMLSeq<ParsedNode>;
}
