/** From files of Istio YAML to the rules in force: all of them, or every reason why not. */

import { writtenNamespace, writtenService } from './gateway-api/kubernetes.ts';
import type {
  ApiGateway,
  ApiRoute,
  GatewayApi,
  GatewayClass,
  ReferenceGrant,
  WrittenNamespace,
  WrittenService,
} from './gateway-api/model.ts';
import { namedServices } from './gateway-api/named-services.ts';
import { inWords } from './issue.ts';
import { treatmentOf } from './kinds.ts';
import type {
  DestinationRule,
  FallbackFilter,
  Gateway,
  IgnoredDocument,
  Place,
  RuleMeta,
  RuleSet,
  ServiceEntry,
  VirtualService,
} from './model.ts';
import { formatPath, type Problem } from './problem.ts';
import { type RulePaths, readRuleFiles } from './rule-files.ts';
import { readObjects, type Source, type SourceObject } from './source.ts';

export { formatProblem } from './problem.ts';

export type LoadResult = { ok: true; rules: RuleSet } | { ok: false; problems: Problem[] };

/** Rules, and the texts that they were read from. */
export interface LoadedRules {
  rules: RuleSet;
  sources: readonly Source[];
}

export interface LoadOptions {
  /** For objects that name none, as kubectl's current namespace. Default `default`. */
  defaultNamespace?: string;
  /** Files that lie among the rules and hold something else. */
  except?: readonly string[];
}

/**
 * Reads every .yaml and .yml file of the given folders (not of folders in them) and the given files.
 * A file or folder that cannot be read is a problem, not an exception.
 */
export async function loadRules(
  paths: RulePaths,
  options: LoadOptions = {},
): Promise<({ ok: true } & LoadedRules) | Extract<LoadResult, { ok: false }>> {
  const { sources, problems } = await readRuleFiles(paths, options.except);
  const result = parseRules(sources, options);
  if (result.ok && problems.length === 0) return { ...result, sources };
  return { ok: false, problems: result.ok ? problems : [...problems, ...result.problems] };
}

/** As loadRules, from texts at hand. Pure, and throws on no text. */
export function parseRules(sources: readonly Source[], options: LoadOptions = {}): LoadResult {
  const { defaultNamespace = 'default' } = options;
  const problems: Problem[] = [];
  const ignored: IgnoredDocument[] = [];
  const beside: (WrittenService | WrittenNamespace)[] = [];
  const rules = new Map<string, RuleMeta & { kind: string }>();
  for (const source of sources) {
    const read = readObjects(source);
    problems.push(...read.problems);
    for (const object of read.objects) {
      const parsed = parseObject(withNamespace(object, defaultNamespace));
      if (parsed.type === 'problems') problems.push(...parsed.problems);
      if (parsed.type === 'ignored') {
        ignored.push(parsed.object);
        beside.push(...(parsed.beside ? [parsed.beside] : []));
      }
      if (parsed.type === 'rule') problems.push(...keep(parsed.rule, rules));
    }
  }
  if (problems.length > 0) return { ok: false, problems: problems.sort(byPlace) };
  return { ok: true, rules: toRuleSet([...rules.values(), ...beside], ignored) };
}

type Parsed =
  | { type: 'rule'; rule: RuleMeta & { kind: string } }
  /** `beside`: what rules may name it for. */
  | { type: 'ignored'; object: IgnoredDocument; beside?: WrittenService | WrittenNamespace }
  | { type: 'problems'; problems: Problem[] };

/** Objects of Kubernetes that HTTPRoutes and Gateways name. */
const besideRules: Readonly<
  Record<string, (object: SourceObject) => WrittenService | WrittenNamespace | undefined>
> = { Service: writtenService, Namespace: writtenNamespace };

function parseObject(object: SourceObject): Parsed {
  const place = object.place([]);
  const { apiVersion, kind, metadata, spec } = asRecord(object.value);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const message = 'not a Kubernetes object: it needs apiVersion and kind';
    return { type: 'problems', problems: [{ ...place, message }] };
  }
  const { name, namespace } = asRecord(metadata);
  const label = `${kind} ${typeof name === 'string' ? name : ''}`.trim();
  const treatment = treatmentOf({ apiVersion, kind, spec });
  if (treatment.type === 'ignored') {
    const { notRun } = treatment;
    const named = { name: typeof name === 'string' ? name : '', namespace: String(namespace ?? '') };
    const beside = apiVersion === 'v1' ? besideRules[kind]?.(object) : undefined;
    return {
      type: 'ignored',
      object: { kind, ...named, place, ...(notRun && { notRun }) },
      ...(beside && { beside }),
    };
  }
  if (treatment.type === 'refused') {
    const { field, message } = treatment;
    const at = field ? object.place([field]) : place;
    return { type: 'problems', problems: [{ ...at, object: label, field, message }] };
  }
  const parsed = treatment.kind.parse(object);
  if ('rule' in parsed) return { type: 'rule', rule: parsed.rule as RuleMeta & { kind: string } };
  const problems = parsed.issues.map((issue) => {
    const { path, message } = inWords(issue);
    return { ...object.place(path), object: label, field: formatPath(path) || undefined, message };
  });
  return { type: 'problems', problems };
}

function withNamespace(object: SourceObject, namespace: string): SourceObject {
  const value = asRecord(object.value);
  const metadata = value.metadata;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return object;
  const { namespace: written } = metadata as Record<string, unknown>;
  // An empty namespace is no namespace to kubectl either.
  if (written !== undefined && written !== null && written !== '') return object;
  return { ...object, value: { ...value, metadata: { ...metadata, namespace } } };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Puts a rule among the others; the second of one kind, name and namespace is a problem in both its places. */
function keep(rule: RuleMeta & { kind: string }, rules: Map<string, RuleMeta & { kind: string }>): Problem[] {
  const key = `${rule.kind} ${rule.namespace}/${rule.name}`;
  const first = rules.get(key);
  if (!first) {
    rules.set(key, rule);
    return [];
  }
  const problem = (here: Place, there: Place): Problem => ({
    ...here,
    object: `${rule.kind.replace(/^Kubernetes/, '')} ${rule.name}`,
    field: 'metadata.name',
    message: `namespace ${rule.namespace} has one of this name already, at ${there.file}:${there.line}; the last applied would win`,
  });
  return [problem(first.place, rule.place), problem(rule.place, first.place)];
}

/** Whether nothing in them steers any request: no file, an empty one, or only objects that are not rules. */
export function isEmpty({ ignored: _, gatewayApi, ...kinds }: RuleSet): boolean {
  const { gateways, routes } = gatewayApi;
  return [...Object.values(kinds), gateways, routes].every((rules) => rules.length === 0);
}

/** Rules of all kinds as one set. */
export function toRuleSet(
  rules: readonly (RuleMeta & { kind: string })[],
  ignored: IgnoredDocument[],
): RuleSet {
  const of = <Rule>(kind: string) => rules.filter((rule) => rule.kind === kind) as unknown as Rule[];
  const routes = [...of<ApiRoute>('HTTPRoute'), ...of<ApiRoute>('GRPCRoute')];
  return {
    gateways: of<Gateway>('Gateway'),
    virtualServices: of<VirtualService>('VirtualService'),
    destinationRules: of<DestinationRule>('DestinationRule'),
    serviceEntries: of<ServiceEntry>('ServiceEntry'),
    fallbackFilters: of<FallbackFilter>('EnvoyFilter'),
    gatewayApi: {
      gateways: of<ApiGateway>('KubernetesGateway'),
      gatewayClasses: of<GatewayClass>('GatewayClass'),
      routes,
      referenceGrants: of<ReferenceGrant>('ReferenceGrant'),
      services: namedServices(of<WrittenService>('Service'), routes, of<FallbackFilter>('EnvoyFilter')),
      namespaces: of<WrittenNamespace>('Namespace'),
    } satisfies GatewayApi,
    ignored,
  };
}

function byPlace(a: Problem, b: Problem): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}
