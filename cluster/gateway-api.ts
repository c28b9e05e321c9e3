/**
 * The CRDs of the Kubernetes Gateway API, which neither Kubernetes nor Istio brings along
 * (https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#setup).
 */

import type { Dialect } from '../lanes/model.ts';
import { Cluster } from './cluster.ts';
import { httpRoutes } from './dialect.ts';
import type { IstioSettings } from './settings.ts';
import { sources } from './sources.ts';
import type { Step } from './steps.ts';

/** Whether the cluster knows HTTPRoutes. */
async function hasGatewayApi(cluster: Cluster): Promise<boolean> {
  const args = ['get', 'customresourcedefinition', httpRoutes, '-o', 'name'];
  return (await cluster.askKubectl(args)) !== undefined;
}

/**
 * A cluster that has them already keeps its own.
 * @param dialect `istio` needs none, so they are installed only where the settings say from where
 */
export function installGatewayApi(context: string, settings: IstioSettings, dialect: Dialect): Step[] {
  const gatewayApiCrds = crdsFor(settings, dialect);
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

/** Where the CRDs come from; undefined: nobody asks for them. */
export function crdsFor({ gatewayApiCrds }: IstioSettings, dialect: Dialect): string | undefined {
  return gatewayApiCrds ?? (dialect === 'gateway' ? sources.gatewayApi.at : undefined);
}
