/** Istio, by its own charts and the values in istio/install/. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Dialect } from '../lanes/model.ts';
import { Failure } from '../runtime/failure.ts';
import { causeInNamespace } from './cause.ts';
import { Cluster } from './cluster.ts';
import { valueFlags } from './helm-values.ts';
import { type Chart, chartAt, charts } from './istio-charts.ts';
import type { IstioSettings } from './settings.ts';
import { CommandFailed } from './shell.ts';
import { sources } from './sources.ts';
import type { Step } from './steps.ts';

export const istioNamespace = 'istio-system';

/** @param dialect that of the lanes: a Gateway of the Gateway API gets pods of its own, so Istio's gateway is not needed */
export function installIstio(
  context: string,
  settings: IstioSettings,
  timeoutSeconds: number,
  dialect: Dialect = 'istio',
): Step {
  const needed = charts.filter(({ chart }) => dialect === 'istio' || chart !== 'gateway');
  return {
    title: `Istio ${settings.istioVersion}`,
    run: async (shell) => {
      const cluster = new Cluster(context, shell);
      if (await isSomebodyElses(cluster)) {
        shell.say('istiod is there, but not by Helm: left as it is');
        return;
      }
      for (const { chart, release } of needed) {
        try {
          const args = [
            ...[release, ...chartAt(chart, settings.istioCharts, settings.istioVersion)],
            ...['--create-namespace', ...valuesFor(chart, settings)],
            ...['--wait', '--timeout', `${timeoutSeconds}s`],
          ];
          await cluster.script('upgrade', args, { NAMESPACE: istioNamespace });
        } catch (error) {
          if (!(error instanceof CommandFailed)) throw error;
          const cause = await causeInNamespace(cluster, istioNamespace);
          throw new Failure([error.message, cause, ...wayToImages(cause)].join('\n'));
        }
      }
    },
  };
}

/** Pods that have no image: as the kubelet says it. */
function wayToImages(cause: string): string[] {
  const { option, variable } = sources.istioImages.instead;
  return /ErrImagePull|ImagePullBackOff|Failed to pull image/.test(cause)
    ? [`The cluster cannot pull Istio's images. Name another registry: ${option} or ${variable}.`]
    : [];
}

/** Installed by istioctl or an operator: Helm would refuse to take it over, and it is not ours to change. */
async function isSomebodyElses(cluster: Cluster): Promise<boolean> {
  const manager = await cluster.askKubectl([
    ...['get', 'deployment', 'istiod', '--namespace', istioNamespace],
    ...['-o', 'jsonpath={.metadata.labels.app\\.kubernetes\\.io/managed-by}'],
  ]);
  return manager !== undefined && manager !== 'Helm';
}

function valuesFor(chart: Chart, { istioHub, istioValues }: IstioSettings): string[] {
  const values = ['--values', `istio/install/${chart}.yaml`];
  const last = istioValues && resolve(istioValues, `${chart}.yaml`);
  if (last && existsSync(last)) values.push('--values', last);
  // The gateway's image comes from the injector, so istiod's hub is the gateway's too.
  if (istioHub && chart === 'istiod') values.push(...valueFlags({ 'global.hub': istioHub }));
  return values;
}
