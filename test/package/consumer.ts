// What a program of somebody else's writes, with the types of the package; package.test.ts compiles and runs it.
import {
  buildTable,
  type Decision,
  decide,
  formatProblem,
  gatewayLabels,
  parseRules,
  type Registry,
  startMesh,
} from 'istio-traffic-coloring';
import { carriedHeaders, carry, expressCarry } from 'istio-traffic-coloring/carry';

const text = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api }
spec:
  hosts: [api]
  http:
    - match: [{ headers: { project-version: { exact: cart } } }]
      route: [{ destination: { host: api, subset: cart } }]
    - route: [{ destination: { host: api, subset: release } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api }
spec:
  host: api
  subsets:
    - { name: release, labels: { version: release } }
    - { name: cart, labels: { version: cart } }
`;
const read = parseRules([{ file: 'rules.yaml', text }], { defaultNamespace: 'shop' });
if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));

const registry: Registry = {
  services: [{ name: 'api', namespace: 'shop', ports: [{ name: 'http', number: 80 }], endpoints: [] }],
};
const proxy = { type: 'sidecar', name: 'web', namespace: 'shop', labels: {} } as const;
const table = buildTable(read.rules, registry, proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
const decision: Decision = decide(
  table,
  {
    method: 'GET',
    path: '/',
    authority: 'api',
    scheme: 'http',
    port: 80,
    headers: { 'project-version': 'cart' },
  },
  Math.random,
);
const wrong = parseRules([{ file: 'wrong.yaml', text: 'kind: Nothing' }]);

const mesh = await startMesh({ rules: read.rules, registry, gateway: { labels: gatewayLabels } });
const answer = await fetch(mesh.gateway.url);
await mesh.close();

const carried = carry({ 'project-version': 'cart' }, () => carriedHeaders());
console.log(
  JSON.stringify({
    cluster: decision.type === 'forward' && decision.cluster,
    wrong: !wrong.ok && wrong.problems.map(formatProblem),
    gateway: answer.status,
    carried,
    middleware: typeof expressCarry(),
  }),
);
