/** The Gateway API of a cluster as the local mesh understands it, and what of it is left out. */

import { backendsNotRun, parentsNotRun } from '../../mesh/rules/gateway-api/references.ts';
import type { IstioObject } from './resources.ts';
import type { NotJudged } from './rules.ts';
import type { Snapshot } from './snapshot.ts';

interface Listener {
  name?: string;
  port?: number;
  protocol?: string;
  tls?: { mode?: string };
}

interface GatewayAddress {
  type?: string;
}

/**
 * A Gateway's listeners as those of plain HTTP where they end TLS; without those that hand connections on as they are, and
 * without addresses that name no Service: Istio makes pods for a Gateway with one that is none (gateway_collection.go,
 * IsManaged).
 */
export function httpListeners(object: IstioObject, said: NotJudged[], tlsPorts: Set<number>): IstioObject {
  const written = (object.spec ?? {}) as { listeners?: Listener[]; addresses?: GatewayAddress[] };
  const listeners = (written.listeners ?? []).flatMap((listener, index) => {
    const { tls, ...plain } = listener;
    if (listener.protocol === 'HTTP') return [listener];
    if (listener.protocol === 'HTTPS' && (tls?.mode ?? 'Terminate') === 'Terminate') {
      if (listener.port) tlsPorts.add(listener.port);
      return [{ ...plain, protocol: 'HTTP' }];
    }
    const { kind, metadata } = object;
    said.push({
      object: { kind, namespace: metadata.namespace, name: metadata.name },
      place: { file: `${kind} ${metadata.namespace}/${metadata.name} listeners[${index}]`, line: 0 },
      message: `${listener.protocol}${tls?.mode ? ` ${tls.mode}` : ''} on port ${listener.port}: connections are handed on as they are`,
      ...(listener.port && { port: listener.port }),
    });
    return [];
  });
  const addresses = written.addresses?.filter(({ type }) => type === 'Hostname');
  return { ...object, spec: { ...object.spec, listeners, ...(addresses && { addresses }) } };
}

interface Reference {
  group?: string;
  kind?: string;
}

interface Filter {
  type?: string;
  requestMirror?: { backendRef?: Reference };
}

interface Rule {
  filters?: Filter[];
  backendRefs?: (Reference & { filters?: Filter[] })[];
}

const filtersNotRun = ['CORS', 'ExtensionRef', 'ExternalAuth'];

/** An HTTPRoute or GRPCRoute without parents, filters and backends of kinds that are not run here; each is named at its rule. */
export function routeAsRun(object: IstioObject, said: NotJudged[]): IstioObject {
  const { kind, metadata } = object;
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  const spec = (object.spec ?? {}) as { parentRefs?: Reference[]; rules?: Rule[] };
  const rules = spec.rules?.map((rule, index) => {
    const leave = (field: string, message: string) =>
      said.push({
        object: { kind, namespace: metadata.namespace, name: metadata.name },
        place: { file: `${name} rules[${index}]`, line: 0 },
        field: `spec.rules[${index}].${field}`,
        message,
      });
    const run = (filters: readonly Filter[], at = '') =>
      filters.filter(({ type = '', requestMirror }, i) => {
        const mirrored = requestMirror?.backendRef?.kind ?? '';
        const left = filtersNotRun.includes(type) ? type : backendsNotRun.includes(mirrored) ? mirrored : '';
        if (left) leave(`${at}filters[${i}]: ${left}`, 'not run here');
        return !left;
      });
    return {
      ...rule,
      ...(rule.filters && { filters: run(rule.filters) }),
      ...(rule.backendRefs && {
        backendRefs: rule.backendRefs.flatMap((backend, i) => {
          if (!backendsNotRun.includes(backend.kind ?? '')) {
            const { filters } = backend;
            return [{ ...backend, ...(filters && { filters: run(filters, `backendRefs[${i}].`) }) }];
          }
          leave(`backendRefs[${i}]: ${backend.kind}`, 'not run here');
          return [];
        }),
      }),
    };
  });
  const parentRefs = spec.parentRefs?.filter((ref) => !isNotRun(ref));
  return { ...object, spec: { ...object.spec, ...(parentRefs && { parentRefs }), ...(rules && { rules }) } };
}

/** Whether Istio takes it as a parent and the local mesh does not. */
function isNotRun({ kind = 'Gateway' }: Reference): boolean {
  return parentsNotRun.includes(kind);
}

/** Routes for parents of a kind that is not run here, once for each parent. */
export function routesNotRun({ httpRoutes, grpcRoutes, serviceEntries }: Snapshot): NotJudged[] {
  return [...httpRoutes.items, ...grpcRoutes.items].flatMap(({ kind, metadata, spec }) => {
    const { namespace: own, name } = metadata;
    const { parentRefs = [], hostnames = [] } = (spec ?? {}) as WrittenRoute;
    return parentRefs.flatMap((ref, i) => {
      if (!isNotRun(ref)) return [];
      const parent = { kind: 'Gateway', ...ref, namespace: ref.namespace ?? own, hostnames };
      const entry = serviceEntries.items.find(
        ({ metadata }) => metadata.name === parent.name && metadata.namespace === parent.namespace,
      );
      const hosts = (entry?.spec?.hosts ?? []) as string[];
      return {
        object: { kind, namespace: own, name },
        place: { file: `${kind} ${own}/${name} parentRefs[${i}]`, line: 0 },
        message: `${ref.kind} is not run here`,
        parent: ref.kind === 'ServiceEntry' ? { ...parent, hostnames: hosts } : parent,
      };
    });
  });
}

interface WrittenRoute {
  parentRefs?: (Reference & { namespace?: string; name: string })[];
  hostnames?: string[];
}

/** GatewayClasses are of no namespace; what is read here has one. */
export function inNamespace(object: IstioObject, namespace: string): IstioObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}
