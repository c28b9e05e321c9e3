/** A draft from what a namespace of a cluster has: Services, Deployments and their labels. */
import { type Draft, type DraftService, labelOf } from './draft.ts';
import { draftProtocol, portProtocol } from './port-protocol.ts';

/** As kubectl gives it, as far as it is looked at. */
export interface ServiceObject {
  metadata: { name: string };
  spec: {
    selector?: Record<string, string>;
    ports?: { port: number; name?: string; appProtocol?: string; protocol?: string }[];
  };
}

export interface DeploymentObject {
  metadata: { name: string };
  spec: { template: { metadata?: { labels?: Record<string, string> } } };
}

export function draftFromNamespace(
  namespace: string,
  services: readonly ServiceObject[],
  deployments: readonly DeploymentObject[],
): Draft {
  const remarks: string[] = ['Who calls whom nobody but you knows: add calls.'];
  const drafts = services.flatMap((service): DraftService[] => {
    const { name } = service.metadata;
    const ports = service.spec.ports ?? [];
    const port = ports.find(portProtocol) ?? ports[0];
    const versions = versionsOf(service, deployments);
    if (!port || versions.length === 0) {
      remarks.push(`Left out: ${name}, ${port ? 'no Deployment has its pods' : 'it has no port'}.`);
      return [];
    }
    if (!portProtocol(port))
      remarks.push(`${name}: its port is not named http, so Istio may not look into what it speaks.`);
    const [first = 'release'] = versions;
    const baseline = versions.includes('release') ? undefined : first;
    const found = { name: labelOf(name), port: port.port, ...draftProtocol(port), calls: [] };
    return [{ ...found, ...(baseline && { baseline }), versions }];
  });
  return { namespace, services: drafts, remarks };
}

/** The values of the label `version` of its pods; of one Deployment without the label: `release`. */
function versionsOf({ spec }: ServiceObject, deployments: readonly DeploymentObject[]): string[] {
  const selector = Object.entries(spec.selector ?? {});
  if (selector.length === 0) return [];
  const labels = deployments
    .map((deployment) => deployment.spec.template.metadata?.labels ?? {})
    .filter((own) => selector.every(([name, value]) => own[name] === value));
  return [...new Set(labels.map(({ version }) => labelOf(version ?? '') || 'release'))].sort();
}
