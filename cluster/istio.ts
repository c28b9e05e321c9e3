/** Istio, by its own charts and the values in istio/install/. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../runtime/failure.ts';
import { projectPath } from '../runtime/project.ts';
import { causeInNamespace } from './cause.ts';
import type { Cluster } from './cluster.ts';
import type { IstioSettings } from './settings.ts';
import { CommandFailed, type Shell } from './shell.ts';
import type { Step } from './steps.ts';

export const ISTIO_NAMESPACE = 'istio-system';

/** In the order in which they are installed. The gateway's name is the label by which Gateways find its pods. */
const charts = [
  { chart: 'base', release: 'istio-base' },
  { chart: 'istiod', release: 'istiod' },
  { chart: 'gateway', release: 'istio-ingressgateway' },
] as const;

type Chart = (typeof charts)[number]['chart'];

export function installIstio(cluster: Cluster, settings: IstioSettings, timeoutSeconds: number): Step {
  return {
    title: `Istio ${settings.istioVersion}`,
    run: async (shell) => {
      if (await isSomebodyElses(cluster, shell)) {
        shell.say('istiod is there, but not by Helm: left as it is');
        return;
      }
      for (const { chart, release } of charts) {
        try {
          await cluster.upgrade(shell, {
            name: release,
            namespace: ISTIO_NAMESPACE,
            chart: chartAt(chart, settings),
            args: [
              '--create-namespace',
              ...valuesFor(chart, settings),
              ...['--wait', '--timeout', `${timeoutSeconds}s`],
            ],
          });
        } catch (error) {
          if (!(error instanceof CommandFailed)) throw error;
          throw new Failure(`${error.message}\n${await causeInNamespace(cluster, shell, ISTIO_NAMESPACE)}`);
        }
      }
    },
  };
}

/** Installed by istioctl or an operator: Helm would refuse to take it over, and it is not ours to change. */
async function isSomebodyElses(cluster: Cluster, shell: Shell): Promise<boolean> {
  const manager = await cluster.askKubectl(shell, [
    ...['get', 'deployment', 'istiod', '--namespace', ISTIO_NAMESPACE],
    ...['-o', 'jsonpath={.metadata.labels.app\\.kubernetes\\.io/managed-by}'],
  ]);
  return manager !== undefined && manager !== 'Helm';
}

function chartAt(chart: Chart, { istioCharts, istioVersion }: IstioSettings): string[] {
  return /^(https?|oci):/.test(istioCharts)
    ? [chart, '--repo', istioCharts, '--version', istioVersion]
    : [join(istioCharts, `${chart}-${istioVersion}.tgz`)];
}

function valuesFor(chart: Chart, { istioHub, istioValues }: IstioSettings): string[] {
  const values = ['--values', projectPath(`istio/install/${chart}.yaml`)];
  const last = istioValues && join(istioValues, `${chart}.yaml`);
  if (last && existsSync(last)) values.push('--values', last);
  // The gateway's image comes from the injector, so istiod's hub is the gateway's too.
  if (istioHub && chart === 'istiod') values.push('--set', `global.hub=${istioHub}`);
  return values;
}
