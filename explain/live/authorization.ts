/**
 * What AuthorizationPolicies say of a request, where it can be said from outside
 * (https://istio.io/latest/docs/reference/config/security/authorization-policy/;
 * Istio: pilot/pkg/security/authz/model).
 */
import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import type { IstioObject } from './resources.ts';

/** Whether a condition holds; undefined: it depends on what is not known before the request is made. */
type Known = boolean | undefined;

/** The request as the proxy of the callee sees it. Undefined is not known. */
export interface AuthorizedRequest {
  /** `cluster.local/ns/shop/sa/web`; null: the caller has no certificate of the mesh. */
  principal: string | null | undefined;
  namespace: string | null | undefined;
  method: string;
  path: string;
  authority: string;
  /** The port on which the callee listens. */
  port: number;
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

interface PolicyVerdict {
  /** `AuthorizationPolicy shop/no-writes` */
  policy: string;
  action: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  /** Whether one of its rules takes the request. */
  matches: Known;
}

export interface Authorization {
  policies: readonly PolicyVerdict[];
  /** Whether the callee lets the request in; undefined: it cannot be said. */
  allowed: Known;
}

interface PolicySpec {
  action?: PolicyVerdict['action'];
  selector?: { matchLabels?: Record<string, string> };
  targetRefs?: unknown[];
  rules?: Rule[] | null;
}

interface Rule {
  from?: { source?: Record<string, string[]> }[];
  to?: { operation?: Record<string, string[]> }[];
  when?: { key: string; values?: string[]; notValues?: string[] }[];
}

/** The policies for a workload, with what they say of the request. */
export function authorize(
  all: readonly IstioObject[],
  workload: { namespace: string; labels: Readonly<Record<string, string>> },
  request: AuthorizedRequest,
): Authorization {
  const policies = all
    .filter(({ metadata, spec }) => isFor(metadata.namespace, (spec ?? {}) as PolicySpec, workload))
    .map(({ metadata, spec }): PolicyVerdict => {
      const { action = 'ALLOW', rules } = (spec ?? {}) as PolicySpec;
      const name = `AuthorizationPolicy ${metadata.namespace}/${metadata.name}`;
      return { policy: name, action, matches: any((rules ?? []).map((rule) => ruleHolds(rule, request))) };
    });
  return { policies, allowed: verdictOf(policies) };
}

/** Those that hand over to somebody else come first, then those that deny, then those that allow. */
function verdictOf(policies: readonly PolicyVerdict[]): Known {
  const say = (action: PolicyVerdict['action']) => policies.filter((one) => one.action === action);
  const denied = any(say('DENY').map(({ matches }) => matches));
  if (denied === true) return false;
  const allowing = say('ALLOW');
  const allowed = allowing.length === 0 ? true : any(allowing.map(({ matches }) => matches));
  if (allowed === false) return false;
  const asked = any(say('CUSTOM').map(({ matches }) => matches));
  return denied === undefined || allowed === undefined || asked !== false ? undefined : true;
}

function isFor(
  home: string,
  { selector, targetRefs }: PolicySpec,
  { namespace, labels }: { namespace: string; labels: Readonly<Record<string, string>> },
): boolean {
  if (home !== namespace && home !== rootNamespace) return false;
  // For waypoints and Gateways of the Gateway API.
  if (targetRefs?.length) return false;
  return selects(selector?.matchLabels ?? {}, labels);
}

function ruleHolds({ from = [], to = [], when = [] }: Rule, request: AuthorizedRequest): Known {
  return every([
    from.length === 0 || any(from.map(({ source = {} }) => sourceHolds(source, request))),
    to.length === 0 || any(to.map(({ operation = {} }) => operationHolds(operation, request))),
    ...when.map(({ key, values, notValues }) => {
      const of = attribute(key, request);
      return every([
        values === undefined || oneOf(values, of),
        notValues === undefined || not(oneOf(notValues, of)),
      ]);
    }),
  ]);
}

function sourceHolds(source: Record<string, string[]>, request: AuthorizedRequest): Known {
  const [, , namespace, , account] = request.principal?.split('/') ?? [];
  const serviceAccount = request.principal && `${namespace}/${account}`;
  return fieldsHold(source, {
    principals: request.principal,
    namespaces: request.namespace,
    serviceAccounts: serviceAccount,
  });
}

function operationHolds(operation: Record<string, string[]>, request: AuthorizedRequest): Known {
  const path = request.path.replace(/[?#].*/, '');
  return fieldsHold(operation, {
    hosts: request.authority.toLowerCase(),
    ports: String(request.port),
    methods: request.method,
    paths: path,
  });
}

/** `principals: [...]` and `notPrincipals: [...]` alike; what is not among `values` is not known. */
function fieldsHold(
  fields: Record<string, string[]>,
  values: Readonly<Record<string, string | null | undefined>>,
): Known {
  return every(
    Object.entries(fields).map(([field, wanted]) => {
      const negated = /^not[A-Z]/.test(field);
      const name = negated ? field.charAt(3).toLowerCase() + field.slice(4) : field;
      const found = oneOf(name === 'hosts' ? wanted.map((one) => one.toLowerCase()) : wanted, values[name]);
      return negated ? not(found) : found;
    }),
  );
}

function attribute(key: string, request: AuthorizedRequest): string | null | undefined {
  const [, header] = /^request\.headers\[(.*)\]$/.exec(key) ?? [];
  if (header !== undefined) {
    const value = request.headers[header.toLowerCase()];
    return value === undefined ? null : String(value);
  }
  switch (key) {
    case 'source.principal':
      return request.principal;
    case 'source.namespace':
      return request.namespace;
    case 'destination.port':
      return String(request.port);
    default:
      return undefined;
  }
}

/** null: there is no such value, so none fits. */
function oneOf(patterns: readonly string[], value: string | null | undefined): Known {
  if (value === undefined) return undefined;
  if (value === null) return false;
  return any(patterns.map((pattern) => fits(pattern, value)));
}

function fits(pattern: string, value: string): Known {
  if (pattern === '*') return value !== '';
  // A template of a path, /a/{*}/b.
  if (pattern.includes('{')) return undefined;
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return value === pattern;
}

function any(all: readonly Known[]): Known {
  if (all.includes(true)) return true;
  return all.includes(undefined) ? undefined : false;
}

function every(all: readonly Known[]): Known {
  if (all.includes(false)) return false;
  return all.includes(undefined) ? undefined : true;
}

function not(one: Known): Known {
  return one === undefined ? undefined : !one;
}
