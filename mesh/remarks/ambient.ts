/**
 * Namespaces in ambient mode, where no sidecar stands beside a caller: waypoints carry out what the rules say, and not
 * all of it (https://istio.io/latest/docs/ambient/migrate/; gateway-api/ambient.md says what holds).
 */
import type { RuleSet } from '../rules/model.ts';
import type { Remark } from './remark.ts';

type Labels = Readonly<Record<string, string>>;

/** https://istio.io/latest/docs/reference/config/labels/: of a namespace, or of a pod. */
export function isAmbient(labels: Labels): boolean {
  return labels['istio.io/dataplane-mode'] === 'ambient';
}

/** The label by which a namespace asks for sidecars, `istio-injection=enabled`; undefined: it has none. */
function injectionLabel(labels: Labels): string | undefined {
  const { 'istio-injection': injection, 'istio.io/rev': revision } = labels;
  if (injection !== undefined) return injection === 'enabled' ? 'istio-injection=enabled' : undefined;
  return revision === undefined ? undefined : `istio.io/rev=${revision}`;
}

/** What ambient mode takes away, and what to do. */
export const ambientMessage =
  'in ambient mode: waypoints carry out HTTPRoutes, and no EnvoyFilter, so a version without a ready pod is answered with 503';
export const ambientWayOut = 'gateway-api/ambient.md says what holds there, and what helps';

/** Namespaces among the rules. */
export function ambientNamespaces({ gatewayApi }: RuleSet): Remark[] {
  return gatewayApi.namespaces
    .filter(({ labels }) => isAmbient(labels))
    .map(({ name, labels, place }): Remark => {
      const object = { kind: 'Namespace', namespace: name, name };
      const injection = injectionLabel(labels);
      if (injection === undefined) {
        const said = { message: ambientMessage, wayOut: ambientWayOut };
        return { code: 'namespace-ambient', place, object, ...said };
      }
      return {
        code: 'namespace-mixed',
        place,
        object,
        message: `in ambient mode, and ${injection} gives its pods sidecars: their requests go past all waypoints`,
        wayOut: 'take one of the two labels away',
      };
    });
}
