/**
 * The CRDs of the Kubernetes Gateway API, which neither Kubernetes nor Istio brings along
 * (https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#setup).
 */
import { Cluster } from './cluster.ts';
import type { IstioSettings } from './settings.ts';
import type { Step } from './steps.ts';

/** Whether the cluster knows HTTPRoutes. */
async function hasGatewayApi(cluster: Cluster): Promise<boolean> {
  const args = ['get', 'customresourcedefinition', 'httproutes.gateway.networking.k8s.io', '-o', 'name'];
  return (await cluster.askKubectl(args)) !== undefined;
}

/** Nothing where the settings say nothing of it; a cluster that has them already keeps its own. */
export function installGatewayApi(context: string, { gatewayApiCrds }: IstioSettings): Step[] {
  if (gatewayApiCrds === undefined) return [];
  return [
    {
      title: 'Gateway API',
      run: async (shell) => {
        const cluster = new Cluster(context, shell);
        if (!shell.dryRun && (await hasGatewayApi(cluster))) {
          shell.say('its CRDs are there: left as they are');
          return;
        }
        // Too large for the annotation of a client-side apply.
        await cluster.kubectl(['apply', '--server-side', '--filename', gatewayApiCrds]);
      },
    },
  ];
}
