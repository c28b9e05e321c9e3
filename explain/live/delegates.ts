/**
 * Delegation: a route of one VirtualService takes the routes of another one in its place
 * (https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate;
 * Istio: pilot/pkg/model/virtualservice.go, MergeHTTPRoutes, and virtualservice_controller.go, mergeVirtualServices).
 */
import { resolveGateway, resolveHost } from '../../mesh/rules/hosts.ts';
import type { IstioObject } from './resources.ts';

type Fields = Record<string, unknown>;
type StringMatch = { exact?: string; prefix?: string; regex?: string };

/** A route as it is written, and where: `VirtualService coloring/service-b http[2]`. */
interface WrittenRoute {
  route: Fields;
  from: string;
}

export interface Delegated {
  routes: WrittenRoute[];
  /** Delegates that do nothing, and why. */
  lost: { from: string; message: string }[];
}

/** The routes of `root`, those of its delegates among them. */
export function withDelegates(root: IstioObject, all: readonly IstioObject[]): Delegated {
  const routes: WrittenRoute[] = [];
  const lost: Delegated['lost'] = [];
  for (const [index, route] of httpOf(root).entries()) {
    const from = `${nameOf(root)} http[${index}]`;
    const { delegate, ...own } = route as Fields & { delegate?: { name?: string; namespace?: string } };
    if (!delegate) {
      routes.push({ route, from });
      continue;
    }
    const { name = '', namespace = root.metadata.namespace } = delegate;
    const found = all.find(
      ({ metadata, spec }) =>
        metadata.name === name &&
        metadata.namespace === (namespace || root.metadata.namespace) &&
        !hasHosts(spec),
    );
    const why = found ? notExported(found, root) : `there is no delegate VirtualService ${namespace}/${name}`;
    if (!found || why) {
      lost.push({ from, message: `${why}, so the route does nothing` });
      continue;
    }
    for (const [at, written] of httpOf(found).entries()) {
      const origin = `${nameOf(found)} http[${at}]`;
      const merged = mergeRoute(own, resolved(written, found.metadata.namespace));
      if (merged) routes.push({ route: merged, from: origin });
      else
        lost.push({
          from: origin,
          message: `its match contradicts that of ${from}, so the route does nothing`,
        });
    }
  }
  return { routes, lost };
}

/** Whether it is one by itself, not a delegate. */
export function hasHosts(spec: Fields | undefined): boolean {
  return Array.isArray(spec?.hosts) && spec.hosts.length > 0;
}

function httpOf({ spec }: IstioObject): Fields[] {
  return Array.isArray(spec?.http) ? (spec.http as Fields[]) : [];
}

function nameOf({ kind, metadata }: IstioObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

function notExported(delegate: IstioObject, { metadata: { namespace } }: IstioObject): string | undefined {
  const written = delegate.spec?.exportTo;
  const exportTo = Array.isArray(written) && written.length > 0 ? (written as string[]) : ['*'];
  const own = delegate.metadata.namespace;
  if (exportTo.some((scope) => scope === '*' || (scope === '.' ? own : scope) === namespace))
    return undefined;
  return `${nameOf(delegate)} is not exported to namespace ${namespace}`;
}

/** Short names of a delegate are those of its own namespace. */
function resolved(route: Fields, namespace: string): Fields {
  const destination = (value: unknown) => {
    const written = value as { host?: string } | undefined;
    return written?.host ? { ...written, host: resolveHost(written.host, namespace) } : value;
  };
  const each = (value: unknown, change: (item: Fields) => Fields) =>
    Array.isArray(value) ? value.map((item) => change(item as Fields)) : value;
  const withDestination = (item: Fields) => ({ ...item, destination: destination(item.destination) });
  return withoutAbsent({
    ...route,
    route: each(route.route, withDestination),
    mirror: destination(route.mirror),
    mirrors: each(route.mirrors, withDestination),
    match: each(route.match, (match) =>
      withoutAbsent({
        ...match,
        gateways: (match.gateways as string[] | undefined)?.map((gateway) =>
          resolveGateway(gateway, namespace),
        ),
      }),
    ),
  });
}

const inherited = [
  'rewrite',
  'directResponse',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirrorPercentage',
  'corsPolicy',
  'mirrors',
  'headers',
];

function mergeRoute(root: Fields, delegate: Fields): Fields | undefined {
  const match = mergeMatches((root.match ?? []) as Fields[], (delegate.match ?? []) as Fields[]);
  if (match === undefined) return undefined;
  const own = Object.fromEntries(inherited.map((field) => [field, delegate[field] ?? root[field]]));
  return withoutAbsent({
    ...delegate,
    ...own,
    name: joined(root.name, delegate.name),
    match: match.length > 0 ? match : undefined,
  });
}

/** Each match of the delegate within those of the root that it does not contradict; undefined where one has none. */
function mergeMatches(root: readonly Fields[], delegate: readonly Fields[]): Fields[] | undefined {
  if (root.length === 0) return [...delegate];
  if (delegate.length === 0) return [...root];
  const merged: Fields[] = [];
  for (const leaf of delegate) {
    const fitting = root.filter((one) => !contradicts(one, leaf));
    if (fitting.length === 0) return undefined;
    merged.push(...fitting.map((one) => mergeMatch(one, leaf)));
  }
  return merged;
}

function mergeMatch(root: Fields, leaf: Fields): Fields {
  const both = (field: string) => {
    const merged = { ...(root[field] as Fields), ...(leaf[field] as Fields) };
    return Object.keys(merged).length > 0 ? merged : undefined;
  };
  return withoutAbsent({
    ...root,
    ...leaf,
    name: joined(root.name, leaf.name),
    headers: both('headers'),
    withoutHeaders: both('withoutHeaders'),
    queryParams: both('queryParams'),
    sourceLabels: both('sourceLabels'),
  });
}

function contradicts(root: Fields, leaf: Fields): boolean {
  const parts = ['uri', 'scheme', 'method', 'authority'];
  if (parts.some((part) => differs(root[part], leaf[part]))) return true;
  const maps = ['headers', 'withoutHeaders', 'queryParams'];
  for (const field of maps) {
    const ofRoot = (root[field] ?? {}) as Fields;
    const ofLeaf = (leaf[field] ?? {}) as Fields;
    if (Object.entries(ofLeaf).some(([key, match]) => differs(ofRoot[key], match))) return true;
  }
  if (Boolean(root.ignoreUriCase) !== Boolean(leaf.ignoreUriCase)) return true;
  if (root.port && leaf.port && root.port !== leaf.port) return true;
  if (root.sourceNamespace && root.sourceNamespace !== leaf.sourceNamespace) return true;
  const labels = (root.sourceLabels ?? {}) as Fields;
  const wanted = Object.entries((leaf.sourceLabels ?? {}) as Fields);
  if (wanted.some(([label, value]) => label in labels && labels[label] !== value)) return true;
  const ofRoot = (root.gateways ?? []) as string[];
  const ofLeaf = (leaf.gateways ?? []) as string[];
  return ofRoot.length > 0 && ofLeaf.some((gateway) => !ofRoot.includes(gateway));
}

/** Whether not all that the delegate's condition takes is taken by the root's (stringMatchConflict). */
function differs(root: unknown, leaf: unknown): boolean {
  if (root === undefined || root === null || leaf === undefined || leaf === null) return false;
  const [outer, inner] = [root as StringMatch, leaf as StringMatch];
  if (outer.regex || inner.regex) return true;
  if (outer.exact) return inner.exact !== outer.exact;
  const value = inner.prefix || inner.exact;
  return !(outer.prefix && value?.startsWith(outer.prefix));
}

function joined(root: unknown, leaf: unknown): string | undefined {
  return [root, leaf].filter(Boolean).join('-') || undefined;
}

function withoutAbsent(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}
