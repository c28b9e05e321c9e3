/** Runs one test of the Gateway API project's conformance against the local mesh. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { shareProblems } from '../../check/shares.ts';
import { type Mesh, startMesh } from '../../mesh/mesh.ts';
import type { Registry } from '../../mesh/network/registry.ts';
import { translate } from '../../mesh/routing/gateway-api/translate.ts';
import type { RuleSet } from '../../mesh/rules/model.ts';
import { type Arrival, type Echo, idHeader } from './echo.ts';
import type { Fact, RequestFact } from './facts.ts';
import { type Answer, problemsOf } from './judge.ts';
import { infraNamespace, meshNamespace } from './world.ts';

/** Where a request without a host of its own goes. */
const anyHost = { gateway: 'gateway.example', mesh: 'echo' };
const requestsForShares = 500;
const longestWaitForCopies = 5000;

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
  if (fact.shares) acts.set(`${fact.gateway} `, []);
  for (const [key, requests] of acts) {
    const [gateway = '', without] = key.split(' ');
    const mesh = await startMesh({
      rules: without ? withoutGrants(stage.rules) : stage.rules,
      registry: stage.registry,
      gateway: {
        namespace: infraNamespace,
        labels: { 'gateway.networking.k8s.io/gateway-name': gateway },
      },
    });
    try {
      for (const one of requests) problems.push(...(await requestProblems(stage, mesh, one)));
      problems.push(...(await sharesProblems(stage, mesh)));
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
  const answer = await ask(mesh, fact, request, id);
  const found = problemsOf(request, request.send.host ?? anyHost[fact.profile], answer);
  const until = performance.now() + longestWaitForCopies;
  const missing = () => request.mirroredTo.filter((backend) => !echo.whoGot(id).includes(backend));
  while (missing().length > 0 && performance.now() < until) await sleep(20);
  found.push(...missing().map((backend) => `a copy for ${backend}: came to ${echo.whoGot(id).join(', ')}`));
  const { method, host = '', path } = request.send;
  return found.map((problem) => `${method} ${host}${path}: ${problem}`);
}

async function sharesProblems({ fact }: Stage, mesh: Mesh): Promise<string[]> {
  const { shares, of } = fact;
  if (!shares || !of) return [];
  const counts = new Map<string, number>();
  for (let i = 0; i < requestsForShares; i++) {
    const { arrival } = await ask(mesh, fact, { send: of, status: [200], mirroredTo: [] }, randomUUID());
    const backend = arrival?.backend ?? 'nobody';
    counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  return shareProblems(counts, new Map(Object.entries(shares)));
}

async function ask(
  mesh: Mesh,
  { profile }: Fact,
  { send, from, echoed }: RequestFact,
  id: string,
): Promise<Answer> {
  const { host = anyHost[profile], path, method, headers, body } = send;
  const setHeaders = Object.entries(echoed ?? {}).map(([name, value]) => `${name}:${value}`);
  const all = {
    host,
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    [idHeader]: id,
    ...(setHeaders.length > 0 && { 'x-echo-set-header': setHeaders.join(',') }),
  };
  if (profile === 'gateway') {
    return answerTo({ port: mesh.gateway.port, path, method, headers: all }, body);
  }
  const client = {
    name: 'echo-v1',
    namespace: from ?? meshNamespace,
    labels: { app: 'echo', version: 'v1' },
  };
  const sidecar = await mesh.sidecar(client);
  try {
    const { port } = new URL(sidecar.proxyUrl);
    return await answerTo({ port: Number(port), path: `http://${host}${path}`, method, headers: all }, body);
  } finally {
    await sidecar.close();
  }
}

async function answerTo(
  options: { port: number; path: string; method: string; headers: Record<string, string> },
  body = '',
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const answered = await text(response);
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(response.headersDistinct))
    headers[name] = (values ?? []).join(',');
  const isEcho = answered.startsWith('{"backend"');
  return {
    status: response.statusCode ?? 0,
    headers,
    ...(isEcho && { arrival: JSON.parse(answered) as Arrival }),
  };
}
