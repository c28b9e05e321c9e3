/** The way to the gateway's pods: Istio's own gateway, or those that Istio makes of a Gateway of the Gateway API. */
import { stringify } from 'yaml';
import { gatewayPodLabel, sharedGateway } from '../lanes/generate/gateway-api.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { istioNamespace } from './istio.ts';
import { gatewayNodePort } from './kind.ts';
import type { Step } from './steps.ts';

interface Door {
  namespace: string;
  /** Of the Deployment and of the Service. */
  name: string;
}

/** Of these lanes. @throws Failure where requests come in nowhere */
export function doorOf(lanes: Lanes): Door {
  if (lanes.dialect === 'istio') return { namespace: istioNamespace, name: 'istio-ingressgateway' };
  const gateway = sharedGateway(lanes);
  if (!gateway) throw new Failure(`${lanes.file}: no service is an entry, so there is no gateway`, 2);
  return { namespace: gateway.namespace, name: gateway.workload };
}

/** Until the pods that Istio makes of the Gateway are ready; Istio's own gateway is there with Istio. */
export function gatewayPods(context: string, lanes: Lanes, timeoutSeconds: number): Step[] {
  if (lanes.dialect === 'istio') return [];
  const { namespace, name } = doorOf(lanes);
  return [
    {
      title: "The Gateway's pods",
      run: async (shell) => {
        const cluster = new Cluster(context, shell);
        const wait = [`deployment/${name}`, '--namespace', namespace, `--timeout=${timeoutSeconds}s`];
        await cluster.kubectl(['wait', '--for=create', ...wait]);
        await cluster.kubectl(['rollout', 'status', ...wait]);
      },
    },
  ];
}

interface Service {
  metadata: { name: string; namespace: string };
  spec: { ports?: { nodePort?: number }[] };
}

/** The Service by which a kind cluster's published port leads to the pods of the Gateway. */
const publishedService = 'coloring-published';

/**
 * Before anything is installed: is the one port that kind publishes free for this gateway? Another would be refused by
 * the API server later, and by istiod in its log only.
 */
export function checkPublishedPort(context: string, lanes: Lanes): Step {
  const door = doorOf(lanes);
  const own = lanes.dialect === 'istio' ? door : { ...door, name: publishedService };
  return {
    title: 'The port that the cluster publishes',
    run: async (shell) => {
      const port = await gatewayNodePort();
      const services = await new Cluster(context, shell).get<{ items: Service[] }>([
        ...['services', '--all-namespaces'],
      ]);
      const holder = services?.items.find(({ spec }) =>
        spec.ports?.some(({ nodePort }) => nodePort === port),
      );
      if (!holder) return;
      const { name, namespace } = holder.metadata;
      if (name === own.name && namespace === own.namespace) return;
      throw new Failure(
        `Port ${port} of the node, the one that kind publishes on this computer, is that of Service ${namespace}/${name}: another gateway. ` +
          `Beside it: npx coloring deploy --context ${context} --dialect ${lanes.dialect} --lanes ${lanes.file}. In its place: npx coloring kind down first.`,
      );
    },
  };
}

/**
 * A NodePort Service of its own for the pods of the Gateway: the port that kind publishes has to be a certain one, and
 * istiod, which writes the Gateway's own Service, lets the API server choose.
 */
export function publishGateway(context: string, lanes: Lanes): Step[] {
  const gateway = lanes.dialect === 'gateway' ? sharedGateway(lanes) : undefined;
  if (!gateway) return [];
  return [
    {
      title: 'The Gateway on the port that kind publishes',
      run: async (shell) => {
        const service = {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: publishedService, namespace: gateway.namespace },
          spec: {
            type: 'NodePort',
            selector: { [gatewayPodLabel]: gateway.name },
            ports: [{ name: 'http', port: 80, nodePort: await gatewayNodePort() }],
          },
        };
        await new Cluster(context, shell).kubectl(['apply', '--filename', '-'], {
          input: stringify(service),
        });
      },
    },
  ];
}
