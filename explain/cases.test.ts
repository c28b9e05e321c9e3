/** What explain says of the worlds in cases/, and that the mesh, running them, does just that. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lanes, readLanes } from '../lanes/lanes.ts';
import { registryOf } from '../lanes/registry.ts';
import { readRules } from '../lanes/rules.ts';
import { startMesh } from '../mesh/mesh.ts';
import type { AccessLogEntry } from '../mesh/proxy/access-log.ts';
import { callerOf } from './caller.ts';
import { printWalk } from './print.ts';
import { targetUriOf } from './target-uri.ts';
import { type ForeseenHop, walk } from './walk.ts';

interface Case {
  /** Below cases/. */
  world: string;
  from?: string;
  url: string;
  /** Lines of the first hop below the routes, in this order; files by their name alone. */
  says: readonly string[];
  /** A remark on the rules on the way is among the lines. */
  remarks?: RegExp;
  /** The mesh waits for seconds before it answers. */
  slow?: true;
}

const cases: readonly Case[] = [
  {
    world: 'service-entry',
    url: 'http://x.test/',
    says: ['→ outbound|80||legacy.example.test', '→ 127.0.0.1:21200 of legacy.example.test'],
  },
  {
    world: 'fault',
    url: 'http://localhost/',
    says: ['delay  2 s before anything else (DI)', '→ 502: fault filter abort (FI)'],
    slow: true,
  },
  {
    world: 'gateway-port',
    url: 'http://web.test/',
    says: ['→ outbound|8000||front.shop.svc.cluster.local', '→ front/v1'],
    remarks: /8081 is not listened on: the local gateway stands for port 80 alone/,
  },
  {
    world: 'gateway-port',
    url: 'http://admin.test:8081/',
    says: [
      '→ 404: no route (NR): VirtualService admin has this host, but its Gateway shop/a-admin does not let it in on port 80 (serves: web.test)',
    ],
  },
  {
    world: 'gateway-port',
    url: 'http://other.test/',
    says: ['→ 404: no route (NR): no VirtualService or HTTPRoute has the host "other.test"'],
  },
  {
    world: 'two-virtual-services',
    from: 'front/v1',
    url: 'http://orders:8001/b',
    says: ['→ 404: no route (NR): none of its routes takes this request, and Istio adds no default'],
    remarks:
      /rules.yaml:\d+: VirtualService orders-team-b: spec.hosts: orders.shop.svc.cluster.local: VirtualService orders-team-a .* has this host as well; sidecars obey one of them only/,
  },
  {
    world: 'no-upstream',
    url: 'http://localhost/short',
    says: [
      '→ outbound|80||trade.istio-system.svc.cluster.local',
      '→ 503: no such cluster (NC): trade: no such service in namespace istio-system; there is one in shop; write trade.shop.svc.cluster.local',
    ],
    remarks: /so it answers 503/,
  },
  {
    world: 'no-upstream',
    url: 'http://localhost/typo',
    says: [
      '→ outbound|80||trad.shop.svc.cluster.local',
      '→ 503: no such cluster (NC): trad: no such service in namespace shop (has: trade); did you mean trade?',
    ],
  },
  {
    world: 'no-upstream',
    url: 'http://localhost/port',
    says: [
      '→ outbound|80||trade.shop.svc.cluster.local',
      '→ 503: no such cluster (NC): trade.shop.svc.cluster.local has no port 80 (has: 8000)',
    ],
  },
  {
    world: 'no-upstream',
    url: 'http://localhost/subset',
    says: [
      '→ outbound|8000|v9|trade.shop.svc.cluster.local',
      '→ 503: no such cluster (NC): subset "v9" is not in a DestinationRule for trade.shop.svc.cluster.local (has: none)',
    ],
  },
  {
    world: 'no-upstream',
    url: 'http://localhost/private',
    says: [
      '→ outbound|8000|v1|trade.shop.svc.cluster.local',
      '→ 503: no such cluster (NC): subset "v1" is in DestinationRule trade of namespace shop, which is not exported to namespace istio-system; add istio-system to its exportTo',
    ],
  },
  {
    world: 'whole-name',
    from: 'otel-server/v1',
    url: 'http://demo.web/ping',
    says: [
      '→ outbound|80||demo.web',
      '→ 503: no such cluster (NC): demo.web: has a dot, so it is taken as a whole name, which no service has; write demo.web.svc.cluster.local',
    ],
    remarks:
      /spec.hosts: demo.web: has a dot, .*, so in the mesh this host steers only requests to port 80 that say demo.web; write demo.web.svc.cluster.local/,
  },
  {
    world: 'effects',
    url: 'http://A.Test/all/../all?q=1',
    says: [
      'delay     10 %: 500 ms before anything else (DI)',
      'mirror    20 %: a copy to outbound|8001||stock.shop.svc.cluster.local',
      'time-out  3 s, then 504 (UT)',
      'path      /all?q=1 becomes /new?q=1',
      'host      A.Test becomes new.test',
      'request   removes x-gone, sets x-set: 1',
      'response  adds x-add: 2',
      'retries   3 at most, on 5xx, 1 s for each try',
      'hash      header x-user chooses the endpoint',
      '→ 50 % outbound|8000|v2|front.shop.svc.cluster.local',
      '→ 50 %: 418: fault filter abort (FI)',
      '→ front/v2',
    ],
  },
  {
    world: 'effects',
    url: 'http://a.test/split',
    says: [
      '→ 75 % outbound|8000|v1|front.shop.svc.cluster.local',
      'hash  header x-user chooses the endpoint',
      '→ 25 % outbound|8000|v2|front.shop.svc.cluster.local',
      'request  sets project-version: v2',
      'hash     header x-user chooses the endpoint',
      '→ one of front/v1, front/v2',
    ],
  },
  {
    world: 'effects',
    url: 'http://a.test/moved',
    says: ['response  sets x-why: moved', '→ 302: redirect to http://a.test/here'],
  },
  { world: 'effects', url: 'http://a.test/closed', says: ['→ 503: closed (directResponse)'] },
  {
    world: 'effects',
    url: 'https://a.test/',
    says: ['→ no answer: the local gateway speaks no TLS; use a cluster'],
  },
  {
    world: 'effects',
    from: 'front/v1',
    url: 'https://stock:8001/',
    says: ['→ 501: https: not run by the local mesh; use a cluster'],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/hidden',
    says: [
      '→ outbound|8001|theirs|trade.trade.svc.cluster.local',
      '→ 503: no such cluster (NC): subset "theirs" is in DestinationRule theirs of namespace trade, which DestinationRule ours.shop hides: of trade.trade.svc.cluster.local only one of the two counts here; write the subset in that one as well',
    ],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/elsewhere',
    says: [
      '→ outbound|8001|lost|trade.trade.svc.cluster.local',
      '→ 503: no such cluster (NC): subset "lost" is in DestinationRule lost of namespace elsewhere, where Istio does not look for it; move it to shop or trade or istio-system',
    ],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/labels',
    says: [
      '→ outbound|8001|nobody|trade.trade.svc.cluster.local',
      '→ 503: no healthy upstream (UH): subset "nobody" selects version=v9, which no endpoint of trade.trade.svc.cluster.local has (has: version=v1, v2)',
    ],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/sleeping',
    says: [
      '→ outbound|8001|v2|trade.trade.svc.cluster.local',
      '→ 503: no healthy upstream (UH): subset "v2" of trade.trade.svc.cluster.local has nobody ready (not ready: v2-0)',
    ],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/entry',
    says: [
      '→ outbound|8001||private.example.test',
      '→ 503: no such cluster (NC): private.example.test: ServiceEntry private of namespace trade is not exported to namespace shop; add shop to its exportTo',
    ],
  },
  {
    world: 'hidden',
    from: 'front/v1',
    url: 'http://trade.trade:8001/fallback',
    says: [
      'fallback  nobody is ready in outbound|8001|v2|trade.trade.svc.cluster.local',
      '→ fallback|8001|v2|trade.trade.svc.cluster.local',
      '→ trade/v1',
    ],
  },
];

/** Answers to whatever it is asked: all endpoints are on its port. */
let server: Server;
beforeAll(async () => {
  server = createServer((_, res) => res.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

describe.each(cases)('$world: $url', ({ world, from, url, says, remarks, slow }) => {
  const explained = async () => {
    const lanes = await readLanes(`explain/cases/${world}/lanes.yaml`);
    const { rules } = await readRules(`explain/cases/${world}/rules.yaml`, lanes);
    const caller = callerOf(lanes, { ...(from && { from }), sidecar: true });
    const address = targetUriOf(url);
    if (!address) throw new Error(`${url} is a URL`);
    const head = { method: 'GET', headers: {}, ...address };
    const hops = walk({ lanes, rules, outboundTrafficPolicy: 'ALLOW_ANY' }, caller, head, head.authority);
    return { lanes, rules, caller, hops };
  };

  it('says what happens', async () => {
    const { lanes, hops } = await explained();
    const lines = printWalk(lanes, hops.slice(0, 1))
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
    expect(lines.filter((line) => !/^[✓✗!]/.test(line))).toEqual(says);
    const remarked = lines.filter((line) => line.startsWith('!'));
    if (remarks) expect(remarked.join('\n')).toMatch(remarks);
  });

  const isAnswered = !says.some((line) => line.startsWith('→ no answer'));
  if (isAnswered && !slow) it('is what the mesh does', agrees);

  async function agrees() {
    const { lanes, rules, caller, hops } = await explained();
    if (caller.type !== 'proxy') throw new Error('a proxy is asked');
    const ended = Promise.withResolvers<AccessLogEntry>();
    await using mesh = Object.assign(
      await startMesh({ rules, registry: runningRegistry(lanes), onAccessLog: ended.resolve }),
      { [Symbol.asyncDispose]: () => mesh.close() },
    );
    const isGateway = caller.proxy.type === 'gateway';
    const proxy = isGateway ? mesh.gateway.url : (await mesh.sidecar(caller.proxy)).proxyUrl;
    const { authority = '', path } = targetUriOf(url) ?? {};
    const { hostname, port } = new URL(proxy);
    const target = isGateway ? path : url;
    request({ hostname, port, path: target, headers: { host: authority }, agent: false })
      .on('response', (response) => response.resume())
      .end();
    expect(outcomesOf(hops[0])).toContain(outcomeIn(await ended.promise));
  }
});

/** What the log says in the words of explain: the endpoint, or the status and flags of the proxy's own answer. */
function outcomeIn({ endpoint, upstreamHost, status, flags }: AccessLogEntry): string {
  if (endpoint ?? upstreamHost) return endpoint ?? upstreamHost ?? '';
  return `${status} ${flags.filter((flag) => flag !== 'DI').join()}`;
}

function outcomesOf(hop: ForeseenHop | undefined): string[] {
  return (hop?.endings ?? []).flatMap(({ answerers, outcome = '' }) => {
    if (answerers.length === 0) {
      const [status = '', flag = ''] = /^\d+|(?<=\()[A-Z]+(?=\))/g[Symbol.match](outcome) ?? [];
      return [`${status} ${flag}`];
    }
    return answerers.map((one) => (one.type === 'outside' ? one.address : one.endpoint.name));
  });
}

function runningRegistry(lanes: Lanes) {
  const { port } = server.address() as AddressInfo;
  return registryOf(lanes, (_, version) =>
    Array.from({ length: version.replicas }, (_, index) => ({
      name: `${version.name}-${index}`,
      address: '127.0.0.1',
      port,
      ready: version.ready,
    })),
  );
}
