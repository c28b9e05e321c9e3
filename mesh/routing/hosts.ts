/**
 * Names of hosts: which host a rule's host covers, under which names a service can be called, and which virtual
 * host a request's `:authority` finds. Hosts of rules and services are compared as they are written; in lower case are those
 * of requests, and of the virtual hosts that they find.
 */

/** `*`, `*.example.com`; only a leading star is a wildcard in Istio. */
export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether every name that `inner` stands for is one of `outer`'s (Istio: pkg/config/host/name.go, SubsetOf). */
export function isSubsetOf(inner: string, outer: string): boolean {
  if (!isWildcard(outer)) return inner === outer;
  if (isWildcard(inner)) return inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1));
  return inner.endsWith(outer.slice(1));
}

/**
 * The hosts that both lists cover, the narrower of each pair: `*.com` and `shop.com` give `shop.com`
 * (Istio: pkg/config/host/names.go, Intersection; a gateway serves what its server and a VirtualService share).
 */
export function intersectHosts(some: readonly string[], others: readonly string[]): string[] {
  const shared = new Set<string>();
  for (const host of some) {
    for (const other of others) {
      if (isSubsetOf(host, other)) shared.add(host);
      else if (isSubsetOf(other, host)) shared.add(other);
    }
  }
  return [...shared];
}

/**
 * The most specific of `hosts` that covers `name`: itself, else the longest wildcard
 * (Istio: pilot/pkg/model, MostSpecificHostMatch).
 */
export function mostSpecificHost(
  name: string,
  hosts: Pick<ReadonlySet<string>, 'has' | 'keys'>,
): string | undefined {
  if (hosts.has(name)) return name;
  const wildcards = [...hosts.keys()].filter((host) => isWildcard(host) && isSubsetOf(name, host));
  return wildcards.reduce<string | undefined>(
    (best, host) => (best === undefined || host.length > best.length ? host : best),
    undefined,
  );
}

/**
 * Every name by which a sidecar in `callerNamespace` finds the service `host`: the full name, with and without the
 * final dot; for a service of the cluster also `name.namespace`, `name.namespace.svc`, and the bare name in its own
 * namespace (Istio: pilot/pkg/networking/core/httproute.go, generateVirtualHostDomains). No port: Envoy ignores it.
 */
export function serviceDomains(host: string, callerNamespace: string): string[] {
  const full = host.toLowerCase();
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(full) ?? [];
  if (name === undefined || namespace === undefined) return [full, `${full}.`];
  const domains = [full, `${full}.`, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  return namespace === callerNamespace.toLowerCase() ? [...domains, name] : domains;
}

/** `:authority` without its port, in lower case, as Envoy looks it up under ignore_port_in_host_matching. */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':');
  // An IPv6 address has colons of its own, inside brackets.
  const host = colon === -1 || authority.lastIndexOf(']') > colon ? authority : authority.slice(0, colon);
  return host.toLowerCase();
}

/**
 * Finds by host as Envoy does: the exact name, else the longest wildcard before a suffix, else behind a prefix, else `*`
 * (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto, VirtualHost.domains).
 */
export class HostIndex<T> {
  readonly #exact = new Map<string, T>();
  /** Longest first. */
  readonly #suffixes: { suffix: string; value: T }[] = [];
  /** As above: `namespace/*`, which Istio writes for some hosts of Gateways. */
  readonly #prefixes: { prefix: string; value: T }[] = [];
  #any: T | undefined;

  /** `entries`: a value and its domains; of two that claim one domain the first keeps it. */
  constructor(entries: Iterable<{ domains: readonly string[]; value: T }>) {
    for (const { domains, value } of entries) {
      for (const domain of domains) this.#add(domain, value);
    }
    this.#suffixes.sort((a, b) => b.suffix.length - a.suffix.length);
    this.#prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  #add(domain: string, value: T): void {
    if (domain === '*') this.#any ??= value;
    else if (isWildcard(domain)) this.#suffixes.push({ suffix: domain.slice(1), value });
    else if (domain.endsWith('*')) this.#prefixes.push({ prefix: domain.slice(0, -1), value });
    else if (!this.#exact.has(domain)) this.#exact.set(domain, value);
  }

  /** The value whose domain fits `host` best; an empty one fits `*` only. */
  find(host: string): T | undefined {
    const exact = this.#exact.get(host);
    if (exact !== undefined) return exact;
    // The star stands for at least one character.
    const wild =
      this.#suffixes.find(({ suffix }) => host.length > suffix.length && host.endsWith(suffix)) ??
      this.#prefixes.find(({ prefix }) => host.length > prefix.length && host.startsWith(prefix));
    return wild?.value ?? this.#any;
  }
}
