import { expect, it } from 'vitest';
import { asked, liveMesh, podOf, said, serviceOf } from './testing.ts';

const since = new Date(Date.now() - 12 * 60_000 - 5_000).toISOString();
/** As the Job of charts/version makes it. */
const relay = podOf('api-me-x', 'api', 'me', '10.1.0.4').replace(
  'pod-template-hash: abc }',
  `batch.kubernetes.io/job-name: api-me },
    annotations: { coloring/local-by: ann@laptop, coloring/local-since: "${since}", coloring/local-session: laptop/1 }`,
);
const rules = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api, namespace: shop }
spec: { host: api, subsets: [{ name: v1, labels: { version: v1 } }, { name: me, labels: { version: me } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: api, namespace: shop }
spec:
  hosts: [api]
  http:
    - { name: api/me, match: [{ headers: { color: { exact: me } } }], route: [{ destination: { host: api, subset: me } }] }
    - { name: api/v1, route: [{ destination: { host: api, subset: v1 } }] }
`;
const pods = (ready: boolean) => [
  { name: 'api-v1-abc-1', ip: '10.1.0.2' },
  { name: 'api-me-x', ip: '10.1.0.4', ready },
];
const mesh = (ready: boolean) =>
  liveMesh(
    [
      podOf('web-abc-1', 'web', 'v1', '10.1.0.1'),
      podOf('api-v1-abc-1', 'api', 'v1', '10.1.0.2'),
      relay,
      serviceOf('api', '{ name: http, port: 80 }', pods(ready)),
      rules,
    ].join('\n---\n'),
  );
const me = { from: 'deploy/web', headers: { color: 'me' } };

it('says that a version is somebody’s computer, whose and since when', () =>
  expect(said(asked(mesh(true), 'http://api/', me))).toEqual([
    '✓ VirtualService shop/api http[0].match[0]  api/me  decides',
    '→ outbound|80|me|api.shop.svc.cluster.local',
    '→ api-me-x (version me)',
    '· api me is the computer of ann@laptop, since 12m: ready',
  ]));

it('also while it is not ready', () =>
  expect(said(asked(mesh(false), 'http://api/', me)).at(-1)).toBe(
    '· api me is the computer of ann@laptop, since 12m: not ready now',
  ));

it('says nothing of it to a request of another colour', () =>
  expect(said(asked(mesh(true), 'http://api/', { from: 'deploy/web' })).join('\n')).not.toContain(
    'computer',
  ));

it('takes it for the one who asks, by its Job', () =>
  expect(asked(mesh(true), 'http://api/', { from: 'job/api-me' }).caller.pod.metadata.name).toBe('api-me-x'));
