import { expect, it } from 'vitest';
import { apply } from './apply.ts';
import type { AnyObject } from './objects.ts';
import { pruned } from './prune.ts';
import { written } from './testing/effects-of.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function service(spec: object, metadata: object = {}): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { ...spec },
  };
}

const one = (spec: string) =>
  written(`{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: ${spec} }`);

const nothing = () => false;

it('keeps what others have set, and removes what was applied before and is written no more', () => {
  const applied = { spec: { selector: { app: 'web' }, sessionAffinity: 'ClientIP' } };
  const live = service(
    { selector: { app: 'web', tier: 'front' }, sessionAffinity: 'ClientIP', clusterIP: '10.0.0.1' },
    { annotations: { [lastApplied]: JSON.stringify(applied) }, labels: { team: 'a' } },
  );
  const { after, changes } = apply([live], one('{ selector: { app: shop } }'), nothing);
  expect(after).toMatchObject([
    {
      metadata: { labels: { team: 'a' } },
      spec: { selector: { app: 'shop', tier: 'front' }, clusterIP: '10.0.0.1' },
    },
  ]);
  expect(after[0]?.spec).not.toHaveProperty('sessionAffinity');
  expect(changes).toMatchObject([{ type: 'changed', place: { file: 'rules.yaml', line: 1 } }]);
});

it('takes the defaults of the API server for no change', () => {
  const live = service({
    selector: { app: 'web' },
    ports: [{ port: 80, protocol: 'TCP' }],
    type: 'ClusterIP',
  });
  expect(apply([live], one('{ selector: { app: web }, ports: [{ port: 80 }] }'), nothing).changes).toEqual(
    [],
  );
  expect(
    apply([live], one('{ selector: { app: web }, ports: [{ port: 81 }] }'), nothing).changes,
  ).toHaveLength(1);
});

it('knows the defaults of an HTTPRoute, and sees what is left away', () => {
  const route = (rule: string) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec: { parentRefs: [{ name: door }], rules: [${rule}] }`;
  const defaults =
    '{ matches: [{ path: { type: PathPrefix, value: / } }], backendRefs: [{ name: web, port: 80, weight: 1 }] }';
  const [live] = written(route(defaults));
  const before = live ? [live.object] : [];
  const types = (rule: string) =>
    apply(before, written(route(rule)), nothing).changes.map(({ type }) => type);
  expect(types('{ backendRefs: [{ name: web, port: 80 }] }')).toEqual([]);
  expect(types('{ backendRefs: [{ name: web, port: 80, weight: 2 }] }')).toEqual(['changed']);
  const [timed] = written(route(defaults.replace('{ ', '{ timeouts: { request: 1s }, ')));
  expect(apply(timed ? [timed.object] : [], written(route(defaults)), nothing).changes).toHaveLength(1);
});

it('is one object in whichever version of its group', () => {
  const rule = (version: string) =>
    written(
      `{ apiVersion: networking.istio.io/${version}, kind: DestinationRule, metadata: { name: web }, spec: { host: web } }`,
    );
  const before = rule('v1beta1').map(({ object }) => object);
  expect(apply(before, rule('v1'), nothing).changes).toEqual([]);
});

it('lets the pods of a workload go with it', () => {
  const metadata = { namespace: 'shop', labels: { app: 'web' } };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'web-1' } };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } } },
  };
  const { after, changes } = apply([pod, deployment], one('{}'), ({ kind }) => kind === 'Deployment');
  expect(changes.map(({ type, object }) => `${type} ${object.kind}`)).toEqual([
    'added Service',
    'removed Deployment',
  ]);
  expect(after.map(({ kind }) => kind)).toEqual(['Service']);
});

const labelled = (name: string, labels: object, annotations = {}) =>
  service({}, { name, labels, annotations });
const others = [
  labelled('a', {}, { 'meta.helm.sh/release-name': 'web-routes', 'meta.helm.sh/release-namespace': 'shop' }),
  labelled('b', { 'app.kubernetes.io/instance': 'other' }),
  labelled('c', { app: 'web' }),
];

it('prunes what has the owner of the change', () => {
  const change = written(
    '{ apiVersion: v1, kind: Service, metadata: { name: web, labels: { app.kubernetes.io/instance: web-routes } } }',
  );
  expect(others.filter(pruned(change, undefined)).map(({ metadata }) => metadata.name)).toEqual(['a']);
  expect(others.filter(pruned(change, 'app=web')).map(({ metadata }) => metadata.name)).toEqual(['c']);
});

it('asks for labels where nothing says whose the change is', () => {
  expect(() => pruned(one('{}'), undefined)).toThrow(/--prune -l app=shop/);
  expect(() => pruned(one('{}'), 'app')).toThrow('-l app: write labels and values');
});
