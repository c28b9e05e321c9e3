/** The way to the gateway's pods: Istio's own gateway, or those that Istio makes of a Gateway of the Gateway API. */
import { stringify } from 'yaml';
import { gatewayPodLabel, sharedGateway } from '../lanes/generate/gateway-api.ts';
import { entries } from '../lanes/graph.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { Cluster } from './cluster.ts';
import { hasHttpRoute } from './dialect.ts';
import { istioNamespace } from './istio.ts';
import { gatewayNodePort, gatewayPortOf, kindOf } from './kind.ts';
import type { Shell } from './shell.ts';
import type { Step } from './steps.ts';

/** A Service that leads to a gateway. */
interface Door {
  namespace: string;
  /** For that of a gateway itself, the Deployment's as well. */
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
  metadata: Door;
  spec: { ports?: { nodePort?: number }[] };
}

/** The Service by which a kind cluster's published port leads to the pods of the Gateway. */
const publishedService = 'coloring-published';

/** The Service that has the node's port, which kind publishes. Undefined: none has; `refused`: it may not be asked. */
async function publishedDoor(cluster: Cluster): Promise<Door | undefined | 'refused'> {
  const port = await gatewayNodePort();
  const services = await cluster.get<{ items: Service[] }>(['services', '--all-namespaces']);
  if (!services) return 'refused';
  const holder = services.items.find(({ spec }) => spec.ports?.some(({ nodePort }) => nodePort === port));
  return holder?.metadata;
}

/** Whether the port leads to the gateway of these lanes. */
function isOwn(lanes: Lanes, { namespace, name }: Door): boolean {
  const door = doorOf(lanes);
  const published = lanes.dialect === 'istio' ? door.name : publishedService;
  return namespace === door.namespace && name === published;
}

/**
 * Where the gateway of these lanes answers on this computer, on a cluster of kind; where it does not, as on others or where
 * the port that kind publishes is another gateway's: what to do.
 */
export async function gatewayUrl(
  cluster: Cluster,
  shell: Shell,
  lanes: Lanes,
): Promise<{ url: string } | { wayOut: string }> {
  const { context } = cluster;
  const [entry] = entries(lanes);
  const dialect = entry && (await hasHttpRoute(cluster, entry)) ? 'gateway' : 'istio';
  const there = { ...lanes, dialect } satisfies Lanes;
  const kindName = kindOf(context);
  const port = kindName === undefined ? undefined : await gatewayPortOf(shell, kindName);
  const holder = port === undefined ? undefined : await publishedDoor(cluster);
  const isOthers = holder && holder !== 'refused' && !isOwn(there, holder);
  if (port !== undefined && !isOthers) return { url: `http://localhost:${port}` };
  const { namespace, name } = doorOf(there);
  return {
    wayOut: `--url http://HOST:PORT; where only the cluster reaches it, kubectl --context ${context} --namespace ${namespace} port-forward service/${name} 8888:80 and --url http://localhost:8888`,
  };
}

/**
 * Before anything is installed: is the one port that kind publishes free for this gateway? Another would be refused by
 * the API server later, and by istiod in its log only.
 */
export function checkPublishedPort(context: string, lanes: Lanes): Step {
  return {
    title: 'The port that the cluster publishes',
    run: async (shell) => {
      const holder = await publishedDoor(new Cluster(context, shell));
      if (!holder || holder === 'refused' || isOwn(lanes, holder)) return;
      throw new Failure(
        `The one port that kind publishes on this computer is that of Service ${holder.namespace}/${holder.name}: another gateway. ` +
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
