/** Names of hosts, gateways and namespaces: what Istio takes for one, and what a short one stands for. */
import { isIP } from 'node:net';

const labelPattern = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const labelOnly = new RegExp(`^${labelPattern}$`);
const wildcardLabel = new RegExp(`^(?:\\*|(?:\\*|\\*-)?${labelPattern})$`);

/** A DNS-1123 label, with Istio's licence for capitals. */
export function isLabel(name: string): boolean {
  return name.length <= 63 && labelOnly.test(name);
}

/** What is wrong with a name that must have no wildcard. */
export function fqdnProblem(name: string): string | undefined {
  return lengthProblem(name) ?? labelsProblem(name, name);
}

/** What is wrong with a host that may begin with a wildcard: `*`, `*.example.com`. */
export function hostProblem(name: string): string | undefined {
  const long = lengthProblem(name);
  if (long) return long;
  const dot = name.indexOf('.');
  const first = dot < 0 ? name : name.slice(0, dot);
  if (first.length > 63 || !wildcardLabel.test(first)) return invalid(name, first);
  return dot < 0 ? undefined : labelsProblem(name.slice(dot + 1), name);
}

/** As hostProblem, for places that also take an IP address. */
export function hostOrAddressProblem(name: string): string | undefined {
  return isIP(name) ? undefined : hostProblem(name);
}

function lengthProblem(name: string): string | undefined {
  if (name === '') return 'a host must not be empty';
  return name.length > 255 ? `${name.slice(0, 40)}...: longer than 255 characters` : undefined;
}

function labelsProblem(domain: string, whole: string): string | undefined {
  const parts = domain.split('.');
  const last = parts.at(-1) ?? '';
  if (/^[-+]?\d+$/.test(last)) return `${whole}: not a host, its last part is a number`;
  // A dot at the end is allowed: `istio.io.` is the unambiguous form of the name.
  const bad = parts.find((part, i) => !isLabel(part) && !(part === '' && i === parts.length - 1));
  return bad === undefined ? undefined : invalid(whole, bad);
}

function invalid(name: string, label: string): string {
  return `${JSON.stringify(name)}: not a host, ${label === '' ? 'a part of it is empty' : `because of ${JSON.stringify(label)}`}`;
}

/** The full name of a host written in a rule of `namespace`; names with a dot, `*` and addresses stay. */
export function resolveHost(host: string, namespace: string): string {
  if (host === '*' || host.includes('.') || isIP(host)) return host;
  return `${host}.${namespace}.svc.cluster.local`;
}

/** Whether two hosts of one list overlap, wildcards included: `*.foo.com` and `*.com` do. */
export function hostsOverlap(a: string, b: string): boolean {
  const [x, y] = [a.slice(1), b.slice(1)];
  if (a.startsWith('*')) return b.startsWith('*') ? x.endsWith(y) || y.endsWith(x) : b.endsWith(x);
  return b.startsWith('*') ? a.endsWith(y) : a === b;
}

/** `namespace/name` of a gateway as a rule of `namespace` names it; `mesh` stays. */
export function resolveGateway(gateway: string, namespace: string): string {
  if (gateway === 'mesh') return gateway;
  const [before, after] = split(gateway, '/');
  if (after !== undefined) return before === '.' ? `${namespace}/${after}` : gateway;
  // The legacy form name.namespace.svc.cluster.local.
  const [name, rest] = split(gateway, '.');
  return rest === undefined ? `${namespace}/${gateway}` : `${rest.split('.')[0]}/${name}`;
}

/** What is wrong with the gateways of a VirtualService or a match, by their index. */
export function gatewayProblems(gateways: readonly string[]): { index: number; message: string }[] {
  const problems: { index: number; message: string }[] = [];
  for (const [index, gateway] of gateways.entries()) {
    const [namespace, name] = split(gateway, '/');
    const bad =
      name === undefined
        ? fqdnProblem(gateway)
        : isLabel(namespace) && isLabel(name)
          ? undefined
          : `${JSON.stringify(gateway)}: not namespace/name of a Gateway`;
    if (bad) problems.push({ index, message: bad });
  }
  return problems;
}

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
