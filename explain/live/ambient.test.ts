import { expect, it } from 'vitest';
import { formatFinding } from '../../lanes/lint/lint.ts';
import { lintMesh } from './lint.ts';
import { liveMesh, podOf } from './testing.ts';

const namespace = (name: string, labels = '') => `
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { ${labels} } }
`;
const ambient = 'istio.io/dataplane-mode: ambient';
const pod = (name: string, home: string, { container = 'app', args = 'serve', annotation = '' } = {}) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${home}, annotations: { ${annotation} } }
spec: { containers: [{ name: ${container}, args: [${args}] }] }
status: { phase: Running }
`;
const lint = (objects: readonly string[], namespaces?: readonly string[]) =>
  lintMesh(liveMesh(objects.join('---')), namespaces).map(formatFinding);

it('says nothing of sidecars alone', () => {
  expect(
    lint([namespace('shop', 'istio-injection: enabled'), podOf('web-1', 'web', 'v1', '10.1.0.1')]),
  ).toEqual([]);
});

it('names a namespace in ambient mode, and those whose sidecars go past its waypoints', () => {
  const calm = [namespace('calm', ambient), pod('api-1', 'calm')];
  const said =
    'Namespace calm: in ambient mode: waypoints carry out HTTPRoutes, and no EnvoyFilter, so a version without a ready pod is answered with 503';
  const wayOut = 'gateway-api/ambient.md says what holds there, and what helps [namespace-ambient]';
  expect(lint(calm)).toEqual([`${said}; ${wayOut}`]);
  expect(lint([...calm, namespace('shop'), podOf('web-1', 'web', 'v1', '10.1.0.1')])).toEqual([
    `${said}, and requests from sidecars of shop go past its waypoints; ${wayOut}`,
  ]);
});

it('names pods with sidecars in a namespace in ambient mode, the first three', () => {
  const pods = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'].map((name) =>
    podOf(name, 'web', 'v1', '10.1.0.1'),
  );
  expect(lint([namespace('shop', ambient), ...pods])).toEqual([
    'Namespace shop: in ambient mode, and some pods have sidecars (web-1, web-2, web-3, 2 more): their requests go past all waypoints; restart them without injection, or take the namespace out of ambient mode [namespace-mixed]',
  ]);
});

it('takes neither waypoint nor ztunnel for a sidecar', () => {
  const waypoint = pod('waypoint-1', 'calm', { container: 'istio-proxy', args: 'proxy, waypoint' });
  const ztunnel = pod('ztunnel-1', 'istio-system', { container: 'istio-proxy', args: 'proxy, ztunnel' });
  const found = lint([namespace('calm', ambient), waypoint, ztunnel]);
  expect(found).toEqual([expect.stringMatching(/^Namespace calm: .* with 503; .*\[namespace-ambient\]$/)]);
});

it('knows a namespace that nobody may read by its pods', () => {
  const joined = pod('api-1', 'calm', { annotation: 'ambient.istio.io/redirection: enabled' });
  expect(lint([joined])).toEqual([expect.stringMatching(/^Namespace calm: .* \[namespace-ambient\]$/)]);
});

it('is silent of namespaces that were not asked for', () => {
  expect(lint([namespace('calm', ambient), namespace('loud', ambient)], ['loud'])).toEqual([
    expect.stringMatching(/^Namespace loud: /),
  ]);
});
