/** Outlier detections that leave nobody out, and fields of them that do nothing. */
import { isWildcard } from '../routing/hosts.ts';
import type { MeshService } from '../routing/mesh-service.ts';
import { selects } from '../routing/visibility.ts';
import type { DestinationRule, RuleSet, WrittenOutlierDetection } from '../rules/model.ts';
import { about, type Remark } from './remark.ts';
import type { Views } from './views.ts';

export function idleOutlierDetection({ destinationRules }: RuleSet, views: Views): Remark[] {
  return destinationRules.flatMap((rule) => {
    const service = isWildcard(rule.host) ? undefined : views.in(rule.namespace).services.get(rule.host);
    return rule.outlierDetections.flatMap((written) => {
      const { place, field } = written;
      const said = [...(service ? ejectsNobody(rule, written, service) : []), ...idleErrors(written)];
      return said.map((what) => ({ ...what, place, object: about(rule), field }));
    });
  });
}

type Said = Pick<Remark, 'code' | 'message' | 'wayOut'>;

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto, max_ejection_percent */
function ejectsNobody(
  { subsets }: DestinationRule,
  { subset, detection: { maxEjectionPercent } }: WrittenOutlierDetection,
  { host, ports }: MeshService,
): Said[] {
  const [port] = ports;
  if (port?.upstream.type !== 'endpoints') return [];
  const labels = subsets.find(({ name }) => name === subset)?.labels ?? {};
  const count = port.upstream.endpoints.filter((endpoint) => selects(labels, endpoint.labels)).length;
  if (count === 0 || 100 / count <= maxEjectionPercent) return [];
  const whole = subset === undefined ? host : `subset ${JSON.stringify(subset)} of ${host}`;
  const endpoints = count === 1 ? '1 endpoint' : `${count} endpoints`;
  return [
    {
      code: 'outlier-ejects-nobody',
      message: `ejects nobody: ${whole} has ${endpoints}, and maxEjectionPercent ${maxEjectionPercent}${maxEjectionPercent === 10 ? ' (the default)' : ''} of that is less than one`,
      wayOut: `write maxEjectionPercent: ${Math.ceil(100 / count)} or more`,
    },
  ];
}

function idleErrors({ detection, consecutiveErrors }: WrittenOutlierDetection): Said[] {
  const { consecutive5xxErrors: any5xx, consecutiveGatewayErrors: gateway } = detection;
  const said: Said[] = [];
  if (consecutiveErrors !== undefined) {
    said.push({
      code: 'outlier-consecutive-errors',
      message: `consecutiveErrors does nothing any more; what counts is consecutive5xxErrors, ${any5xx} here`,
      wayOut: `write consecutive5xxErrors: ${consecutiveErrors} or consecutiveGatewayErrors: ${consecutiveErrors}`,
    });
  }
  if (gateway > 0 && any5xx > 0 && gateway >= any5xx) {
    said.push({
      code: 'outlier-gateway-errors-idle',
      message: `consecutiveGatewayErrors ${gateway} does nothing: gateway errors are 5xx, of which ${any5xx} eject already`,
      wayOut: 'write consecutive5xxErrors: 0, or a higher one',
    });
  }
  return said;
}
