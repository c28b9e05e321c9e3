import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseLanes } from '../lanes/lanes.ts';
import type { Lanes } from '../lanes/model.ts';
import { Cluster } from './cluster.ts';
import { checkDialect, dialectOf } from './dialect.ts';
import { gatewayUrl } from './gateway-door.ts';
import { Shell } from './shell.ts';

/** The namespace routes has HTTPRoutes, rules has a release of charts/routes; $HOLDER is who has the node's port. */
const kubectl = `#!/bin/sh
case "$*" in
  *httproutes*'--namespace routes'*) echo found ;;
  *services*) echo '{"items": [{"metadata": '"$HOLDER"', "spec": {"ports": [{"nodePort": 30080}]}}]}' ;;
  *) exit 1 ;;
esac
`;
const helm = `#!/bin/sh
case "$*" in *'--namespace rules'*) echo '{}' ;; *) exit 1 ;; esac
`;
const docker = `#!/bin/sh
echo 127.0.0.1:8080
`;

const folder = await mkdtemp(join(tmpdir(), 'dialect-'));
for (const [name, text] of Object.entries({ kubectl, helm, docker })) {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), 0o755);
}
beforeEach(() => {
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
});
afterAll(() => rm(folder, { recursive: true }));

function lanesIn(namespace: string, dialect: Lanes['dialect'] = 'istio'): Lanes {
  return parseLanes(
    `{ namespace: ${namespace}, dialect: ${dialect}, services: { a: { port: 80, versions: [release] } } }`,
  );
}
const shell = new Shell({ dryRun: false, say: () => {}, signal: new AbortController().signal });

describe('the dialect of a service', () => {
  const found = async (lanes: Lanes) => {
    const [service] = lanes.services;
    return service && dialectOf(new Cluster('kind-x', shell), lanes, service);
  };

  it('is that of the routes that are there, whatever the lanes file says', async () => {
    expect(await found(lanesIn('routes', 'istio'))).toBe('gateway');
    expect(await found(lanesIn('rules', 'gateway'))).toBe('istio');
  });

  it('is not known where it has no routes', async () => {
    await expect(found(lanesIn('empty'))).rejects.toThrow(
      'a has no routes in namespace empty (no HTTPRoute a-release, no Helm release a-routes): deploy it first',
    );
  });

  it('is kept: deploying in the other one is refused before anything is changed', async () => {
    const deploy = (lanes: Lanes) => checkDialect('kind-x', lanes).run(shell);
    await deploy(lanesIn('routes', 'gateway'));
    await deploy(lanesIn('empty', 'gateway'));
    await expect(deploy(lanesIn('rules', 'gateway'))).rejects.toThrow(
      /^a has its routes in namespace rules as VirtualServices already\.\nGo on in that dialect \(--dialect istio\)/,
    );
  });
});

describe('where the gateway answers', () => {
  const istio = '{"namespace": "istio-system", "name": "istio-ingressgateway"}';
  const gateway = '{"namespace": "routes", "name": "coloring-published"}';
  const way = (namespace: string, service: string) =>
    expect.stringContaining(`kubectl --context kind-x --namespace ${namespace} port-forward ${service} `);

  it.each([
    ['rules', istio, { url: 'http://localhost:8080' }],
    ['routes', gateway, { url: 'http://localhost:8080' }],
    ['routes', istio, { wayOut: way('routes', 'service/coloring-istio') }],
    ['rules', gateway, { wayOut: way('istio-system', 'service/istio-ingressgateway') }],
  ])('lanes of namespace %s, where the port is of %s', async (namespace, holder, expected) => {
    vi.stubEnv('HOLDER', holder);
    expect(await gatewayUrl(new Cluster('kind-x', shell), shell, lanesIn(namespace))).toEqual(expected);
  });
});
