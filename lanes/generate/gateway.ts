/** The one Gateway that all entries of a lanes file share. */
import { gatewayLabels } from '../../mesh/routing/gateway-port.ts';
import { entries } from '../graph.ts';
import type { LaneService, Lanes } from '../lanes.ts';
import { type IstioObject, istioObject } from './objects.ts';

/** Labels of the gateway's pods, as Istio's own chart gives them, and where they run. */
export const gatewayPods = { selector: gatewayLabels, namespace: 'istio-system' } as const;

const name = 'coloring';

/** It lies where the first entry is; undefined where requests come in nowhere. */
export function gatewayOf(lanes: Lanes): { object: IstioObject; hosts: readonly string[] } | undefined {
  const all = entries(lanes);
  const [first] = all;
  if (!first) return undefined;
  const named = [...new Set(all.flatMap((entry) => entry.hosts))];
  const hosts = named.includes('*') ? ['*'] : named;
  const object = istioObject(
    'Gateway',
    { name, namespace: first.namespace },
    {
      selector: gatewayPods.selector,
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts }],
    },
    'The door: the ingress gateway listens here. Which version answers is decided by the VirtualServices that name it.',
  );
  return { object, hosts };
}

/** How a VirtualService of this entry names the Gateway. */
export function gatewayReference(lanes: Lanes, entry: LaneService): string {
  const [first = entry] = entries(lanes);
  return first === entry ? name : `${first.namespace}/${name}`;
}
