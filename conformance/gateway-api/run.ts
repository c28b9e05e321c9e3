/** Runs one test of the Gateway API project's conformance against the local mesh. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { type RequestBatch, send } from '../../check/agent/agent.ts';
import { grpcType } from '../../check/agent/agent-http2.ts';
import { Fronts } from '../../check/local/nginx.ts';
import { shareProblems } from '../../check/shares.ts';
import { type Mesh, startMesh } from '../../mesh/mesh.ts';
import type { Registry } from '../../mesh/network/registry.ts';
import { translate } from '../../mesh/routing/gateway-api/translate.ts';
import { gatewayNameLabel } from '../../mesh/routing/visibility.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { type Arrival, type Echo, idHeader } from './echo.ts';
import type { Fact, RequestFact } from './facts.ts';
import { type EchoAnswer, problemsOf } from './judge.ts';
import { webSocketProblems } from './web-socket.ts';
import { infraNamespace, meshNamespace } from './world.ts';

/** Where a request without a host of its own goes. */
const anyHost = { gateway: 'gateway.example', grpc: 'gateway.example', mesh: 'echo' };
const requestsForShares = 500;
const longestWaitForCopies = 5000;
/** Behind the answer to the last request. */
const longestWayOfACopyMs = 500;

export interface Stage {
  fact: Fact;
  rules: RuleSet;
  registry: Registry;
  echo: Echo;
}

/** What is wrong, a line each; none: the test is passed. */
export async function run(stage: Stage): Promise<string[]> {
  const { fact } = stage;
  const problems = conditionProblems(stage);
  const acts = Map.groupBy(
    fact.requests,
    ({ gateway = fact.gateway, without = '' }) => `${gateway} ${without}`,
  );
  if (fact.shares || fact.webSocket) acts.set(`${fact.gateway} `, []);
  for (const [key, requests] of acts) {
    const [gateway = '', without] = key.split(' ');
    const mesh = await startMesh({
      rules: without ? withoutGrants(stage.rules) : stage.rules,
      registry: stage.registry,
      gateway: {
        namespace: infraNamespace,
        labels: { [gatewayNameLabel]: gateway },
      },
    });
    try {
      for (const one of requests) problems.push(...(await requestProblems(stage, mesh, one)));
      problems.push(...(await sharesProblems(stage, mesh)));
      if (fact.webSocket) {
        problems.push(...(await webSocketProblems(`ws://127.0.0.1:${mesh.gateway.port}${fact.webSocket}`)));
      }
    } finally {
      await mesh.close();
    }
  }
  return problems;
}

function withoutGrants(rules: RuleSet): RuleSet {
  return { ...rules, gatewayApi: { ...rules.gatewayApi, referenceGrants: [] } };
}

function conditionProblems({ fact, rules, registry }: Stage): string[] {
  const { condition } = fact;
  if (!condition) return [];
  const { conditions } = translate(rules, registry);
  const said = conditions.map(({ type, reason = 'no status' }) => `${type} ${reason}`);
  const wanted = `${condition.type} ${condition.reason}`;
  return said.includes(wanted) ? [] : [`condition ${wanted}: was ${said.join(', ') || 'none'}`];
}

async function requestProblems({ fact, echo }: Stage, mesh: Mesh, request: RequestFact): Promise<string[]> {
  const id = randomUUID();
  const [answer] = await ask(mesh, fact, request, { id, times: 1 });
  if (!answer) throw new Error('no answer');
  const found = problemsOf(request, request.send.host ?? anyHost[fact.profile], answer);
  const missing = () => request.mirroredTo.filter((backend) => !echo.whoGot(id).includes(backend));
  // What does not come is told below.
  const timeout = { milliseconds: longestWaitForCopies, fallback: () => {} };
  await pWaitFor(() => missing().length === 0, { interval: 20, timeout });
  found.push(...missing().map((backend) => `a copy for ${backend}: came to ${echo.whoGot(id).join(', ')}`));
  found.push(...(await mirrorProblems({ fact, echo }, mesh, request)));
  const { method, host = '', path } = request.send;
  return found.map((problem) => `${method} ${host}${path}: ${problem}`);
}

async function mirrorProblems(
  { fact, echo }: Pick<Stage, 'fact' | 'echo'>,
  mesh: Mesh,
  request: RequestFact,
): Promise<string[]> {
  const wanted = Object.entries(request.mirroredShares);
  if (wanted.length === 0) return [];
  const id = randomUUID();
  await ask(mesh, fact, request, { id, times: requestsForShares });
  await sleep(longestWayOfACopyMs);
  return wanted.flatMap(([backend, percent]) => {
    const copies = echo.whoGot(id).filter((one) => one === backend).length;
    const counts = new Map([
      ['copied', copies],
      ['not copied', requestsForShares - copies],
    ]);
    const expected = new Map([
      ['copied', percent],
      ['not copied', 100 - percent],
    ]);
    return shareProblems(counts, expected);
  });
}

async function sharesProblems({ fact }: Stage, mesh: Mesh): Promise<string[]> {
  const { shares, of } = fact;
  if (!shares || !of) return [];
  const counts = new Map<string, number>();
  const answers = await ask(mesh, fact, { send: of }, { id: randomUUID(), times: requestsForShares });
  for (const { arrival } of answers) {
    const backend = arrival?.backend ?? 'nobody';
    counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  return shareProblems(counts, new Map(Object.entries(shares)));
}

async function ask(
  mesh: Mesh,
  { profile }: Fact,
  { send: sent, from, echoed }: Pick<RequestFact, 'send' | 'from' | 'echoed'>,
  { id, times }: { id: string; times: number },
): Promise<EchoAnswer[]> {
  const { host = anyHost[profile], protocol, path, headers, body = '' } = sent;
  const setHeaders = Object.entries(echoed ?? {}).map(([name, value]) => `${name}:${value}`);
  const all = {
    host,
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(protocol === 'grpc' && { 'content-type': grpcType }),
    [idHeader]: id,
    ...(setHeaders.length > 0 && { 'x-echo-set-header': setHeaders.join(',') }),
  };
  const request: Omit<RequestBatch, 'port' | 'target'> = {
    address: '127.0.0.1',
    method: sent.method,
    headers: Object.entries(all),
    body,
    http: protocol === 'http' ? '1.1' : '2',
    times,
    concurrency: 10,
    connection: 'keep-alive',
  };
  if (profile !== 'mesh') return answerTo({ ...request, port: mesh.gateway.port, target: path });
  const client = {
    name: 'echo-v1',
    namespace: from ?? meshNamespace,
    labels: { app: 'echo', version: 'v1' },
  };
  const sidecar = await mesh.sidecar(client);
  try {
    const port = Number(new URL(sidecar.proxyUrl).port);
    if (protocol === 'http') return await answerTo({ ...request, port, target: `http://${host}${path}` });
    // HTTP/2 has no form of a request for proxies.
    const own = async () => sidecar;
    const ways = new Fronts({
      gateway: { host: '127.0.0.1', port: mesh.gateway.port },
      plain: own,
      sidecar: own,
    });
    const through = await ways.connection(port, /:\d+$/.test(host) ? host : `${host}:80`);
    return await answerTo({ ...request, port: through, target: path }).finally(() => ways.close());
  } finally {
    await sidecar.close();
  }
}

async function answerTo(request: RequestBatch): Promise<EchoAnswer[]> {
  const [replies = []] = await send([request]);
  return replies.map(({ status, headers: lines, body, error }) => {
    if (error !== undefined) throw new Error(error);
    const headers: Record<string, string> = {};
    for (const [name, value] of lines) {
      const key = name.toLowerCase();
      headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`;
    }
    const isEcho = body.startsWith('{"backend"');
    return { status, headers, ...(isEcho && { arrival: JSON.parse(body) as Arrival }) };
  });
}
