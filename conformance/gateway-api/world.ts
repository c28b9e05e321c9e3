/** What the manifests of the module stand up: backends that answer, Services that find them, and the Gateways. */
import { parseAllDocuments } from 'yaml';
import type { Registry, Service } from '../../mesh/network/registry.ts';
import { selects } from '../../mesh/routing/visibility.ts';
import { formatProblem, parseRules } from '../../mesh/rules/load.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import type { Echo } from './echo.ts';
import type { Fact } from './facts.ts';
import type { Manifests } from './module.ts';

interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: {
    selector?: Record<string, string>;
    clusterIP?: string;
    ports?: { name?: string; port: number; appProtocol?: string }[];
    template?: { metadata: { labels: Record<string, string> } };
  };
}

interface Scenes {
  /** The rules of a test beside the Gateways that all tests have, and who runs; or what the local mesh says to the rules. */
  sceneOf(fact: Fact): Promise<{ rules: RuleSet; registry: Registry } | { refused: string }>;
}

/** Where objects without a namespace are. */
export const infraNamespace = 'gateway-conformance-infra';
export const meshNamespace = 'gateway-conformance-mesh';

export async function standUp(manifests: Manifests, echo: Echo): Promise<Scenes> {
  const texts = await Promise.all(
    ['base/manifests.yaml', 'mesh/manifests.yaml'].map((name) => manifests(name)),
  );
  const objects = texts.flatMap((text) => objectsOf(text));
  const endpoints = await Promise.all(
    objects
      .filter(({ kind }) => kind === 'Deployment')
      .map(async ({ metadata, spec }) => ({
        namespace: metadata.namespace,
        endpoint: {
          name: metadata.name,
          address: '127.0.0.1',
          port: await echo.play(metadata.name),
          labels: spec?.template?.metadata.labels ?? {},
          ready: true,
        },
      })),
  );
  /** @param manual the Deployment behind Services without a selector */
  const servicesIn = (all: readonly KubernetesObject[], manual?: string): Service[] =>
    all
      .filter(({ kind }) => kind === 'Service')
      .map(
        ({
          metadata: { name, namespace = infraNamespace },
          spec: { selector, ports = [], clusterIP } = {},
        }) => ({
          name,
          namespace,
          ports: ports.map(({ name = '', port, appProtocol = 'http' }) => ({
            name,
            number: port,
            appProtocol,
          })),
          ...(clusterIP === 'None' && { headless: true as const }),
          endpoints: endpoints
            .filter((one) => one.namespace === namespace)
            .map(({ endpoint }) => endpoint)
            .filter(({ name, labels }) => (selector ? selects(selector, labels) : name === manual)),
        }),
      );
  const services = servicesIn(objects);
  const shared = objects.filter(
    (object) => ['Gateway', 'Namespace'].includes(object.kind) && isTaken(object),
  );
  return {
    sceneOf: async ({ manifests: names, endpointsOf }) => {
      const texts = await Promise.all(names.map((name) => manifests(name)));
      const own = texts.flatMap((text) => objectsOf(text));
      const parsed = parse([...shared, ...own]);
      if (!parsed.ok) return { refused: parsed.problems.map(formatProblem).join('; ') };
      const registry = { services: [...services, ...servicesIn(own, endpointsOf)] };
      return { rules: parsed.rules, registry };
    },
  };
}

/** Those with a listener for HTTPS the local mesh does not run: no test that is run here is about them. */
function isTaken(object: KubernetesObject): boolean {
  return parse([object]).ok;
}

function parse(objects: readonly KubernetesObject[]) {
  const sources = objects.map((object) => ({
    file: `${object.kind} ${object.metadata.name}`,
    text: JSON.stringify(object),
  }));
  return parseRules(sources, { defaultNamespace: infraNamespace });
}

function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text.replaceAll('{GATEWAY_CLASS_NAME}', 'istio'))
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}
