/** Runs cases on an engine: every step in order, every expectation judged. */

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { type Arrival, checkHeader, echoHeader } from './agent/echo.ts';
import { makeCertificate } from './certificate.ts';
import { type Engine, type Outgoing, RulesRefused, type Site } from './engine.ts';
import type { Case, RequestStep, Send, Step, WatchStep } from './format.ts';
import { judge, type Verdict } from './judge.ts';
import { judgePanels, judgeTable } from './judge-look.ts';
import { observe } from './observation.ts';
import { watch } from './prometheus.ts';
import { countOf, type StepObservation } from './seen.ts';
import { toYaml } from './world.ts';

interface StepResult {
  step: Step;
  verdicts: readonly Verdict[];
  /** Absent for a change, and where it was not run. */
  seen?: StepObservation;
  /** How often it was sent. */
  tries?: number;
  /** Why it was not run here. */
  skipped?: string;
}

export interface CaseResult {
  case: Case;
  steps: readonly StepResult[];
  /** What stopped it: rules that the engine refused, an engine that failed. */
  stopped?: string;
  /** What the engine said to rules that it should refuse. */
  refused?: string;
  /** As {@link Site.outcomes} tells them. */
  outcomes?: Readonly<Record<string, readonly string[]>>;
}

/** Results in the order of the cases; as many at a time as the engine has room for. */
export async function* runCases(cases: readonly Case[], engine: Engine): AsyncGenerator<CaseResult> {
  const results = cases.map(() => Promise.withResolvers<CaseResult>());
  for (const { promise } of results) promise.catch(() => {}); // Told when its turn comes, if anybody still waits.
  const left = cases.entries();
  const worker = async () => {
    for (const [i, one] of left) await runCase(one, engine).then(results[i]?.resolve, results[i]?.reject);
  };
  const workers = Array.from({ length: engine.capacity }, worker);
  for (const { promise } of results) yield await promise;
  await Promise.all(workers);
}

async function runCase(one: Case, engine: Engine): Promise<CaseResult> {
  const site = await engine.open(one);
  if (site instanceof RulesRefused) {
    return {
      case: one,
      steps: [],
      ...(one.invalid === undefined ? { stopped: site.message } : { refused: site.message }),
    };
  }
  try {
    return await runSteps(one, site, engine.kind);
  } finally {
    await site.close();
  }
}

async function runSteps(one: Case, site: Site, kind: Engine['kind']): Promise<CaseResult> {
  if (one.invalid !== undefined) return { case: one, steps: [], stopped: 'the rules were accepted' };
  const steps: StepResult[] = [];
  const so: SoFar = { named: new Map() };
  for (const step of one.steps) {
    try {
      const skipped =
        step.only !== undefined && step.only !== kind ? `only on ${places[step.only]}` : undefined;
      steps.push(skipped ? { step, verdicts: [], skipped } : await runStep(step, one, site, so));
    } catch (error) {
      return { case: one, steps, stopped: (error as Error).message };
    }
  }
  return { case: one, steps, outcomes: await site.outcomes?.() };
}

const places = { local: 'the local mesh', cluster: 'a cluster' };

/** What the steps before have left for those after them. */
interface SoFar {
  named: Map<string, StepObservation>;
  /** The certificate that requests by HTTPS trust. */
  certificate?: string;
}

async function runStep(step: Step, one: Case, site: Site, so: SoFar): Promise<StepResult> {
  if ('send' in step) {
    const end = performance.now() + (step.until ?? 0) * 1000;
    for (let tries = 1; ; tries++) {
      const seen = await perform(step, one, site, so.certificate);
      if (step.name) so.named.set(step.name, seen);
      const verdicts = judge(step.expect, seen, so.named);
      const isAsExpected = verdicts.every(({ problem }) => problem === undefined);
      const isLast = tries >= step.tries && performance.now() >= end;
      if (isAsExpected || isLast) return { step, seen, verdicts, tries };
      if (step.until !== undefined) await setTimeout(betweenTriesMs);
    }
  }
  if ('look' in step) {
    const { at, table } = step.look;
    const printed = await site.look?.(at, table);
    return printed === undefined
      ? { step, verdicts: [], skipped: `nobody prints ${table} of ${at} here` }
      : { step, verdicts: judgeTable(step.look, printed) };
  }
  if ('watch' in step) return watchStep(step, one, site);
  if ('certificate' in step) {
    const { certificate, secret } = await makeCertificate(step.certificate);
    so.certificate = certificate;
    await site.apply(toYaml([secret]));
  } else if ('apply' in step) await site.apply(step.apply);
  else if ('delete' in step) await site.delete(step.delete);
  else await site.scale(step.scale);
  return { step, verdicts: [] };
}

async function watchStep(step: WatchStep, one: Case, site: Site): Promise<StepResult> {
  const targets = await site.metrics?.();
  if (!targets) return { step, verdicts: [], skipped: 'nobody here can be scraped' };
  const request = outgoing({ from: step.from, send: step.while }, one, randomUUID());
  const panels = await watch(step.watch, targets, () => site.send(step.from, [request]));
  return panels
    ? { step, verdicts: judgePanels(step.shows, panels) }
    : { step, verdicts: [], skipped: 'needs prometheus (Debian: apt-get install prometheus)' };
}

async function perform(
  step: RequestStep,
  one: Case,
  site: Site,
  certificate: string | undefined,
): Promise<StepObservation> {
  const id = randomUUID();
  if (step.send.tls && !step.expect.noAnswer) await untilTlsListens(step, one, site);
  const countsBefore = step.expect.calls && (await site.counts?.());
  const flags = step.expect.flag === undefined ? undefined : await site.watchFlags();
  const request = {
    ...outgoing(step, one, id),
    ...(step.send.tls && { tls: { name: step.send.host ?? defaultHost, ca: certificate ?? '' } }),
  };
  const [replies = []] = await site.send(step.from, [{ ...request, nginx: step.nginx }]);
  const observations = replies.map(observe);
  const calls: Arrival[] = [];
  const flagsSeen = await flags?.();
  return settled(step.expect, countsBefore ? settleMs : arrivalMs, async () => {
    calls.push(...((await site.takeCalls([id]))[id] ?? []));
    const seen = { observations, calls, flags: flagsSeen };
    return countsBefore ? { ...seen, counts: await countsSince(countsBefore, site) } : seen;
  });
}

const betweenTriesMs = 200;
const settleMs = 10_000;
/** Shorter, as --mutate has many cases fail on purpose. */
const arrivalMs = 3_000;

/** A port of HTTPS opens when its certificate has reached the proxy, which may be a moment after all rules have. */
async function untilTlsListens({ from, send }: RequestStep, one: Case, site: Site): Promise<void> {
  const probe = outgoing({ from, send: { ...send, times: 1 } }, one, randomUUID());
  const name = send.host ?? defaultHost;
  const listens = async () => {
    // It trusts nobody: that a certificate is shown is enough.
    const [[reply] = []] = await site.send(from, [{ ...probe, tls: { name, ca: '' } }]);
    return reply?.error === undefined || /certificate/.test(reply.error);
  };
  // What it never does is seen by the step itself.
  await pWaitFor(listens, { interval: 50, timeout: { milliseconds: settleMs, fallback: () => {} } });
}

/**
 * What there is to see, once every version was called as often as is expected at least: a mirror may still be on its
 * way. After a while it is what it is.
 */
async function settled(
  { calls = {} }: RequestStep['expect'],
  withinMs: number,
  look: () => Promise<StepObservation>,
): Promise<StepObservation> {
  let seen = await look();
  const isMet = () => Object.entries(calls).every(([version, { min }]) => countOf(seen, version) >= min);
  const lookAgain = async () => {
    if (!isMet()) seen = await look();
    return isMet();
  };
  await pWaitFor(lookAgain, { interval: 50, timeout: { milliseconds: withinMs, fallback: () => {} } });
  return seen;
}

/** What was counted since `before`. */
async function countsSince(
  before: Readonly<Record<string, number>>,
  site: Site,
): Promise<Record<string, number>> {
  const now = Object.entries((await site.counts?.()) ?? {});
  return Object.fromEntries(now.map(([name, count]) => [name, count - (before[name] ?? 0)]));
}

const defaultHost = 'demo.example';

/** What is really sent where the step leaves something out. */
function outgoing(
  { from, send }: Pick<RequestStep, 'from' | 'send'>,
  { world, upstream = 'echo' }: Case,
  id: string,
): Outgoing {
  const { host, port, headers, echo, tls, ...rest } = send;
  const name = host?.replace(/:\d+$/, '').toLowerCase();
  const written = /:(\d+)$/.exec(host ?? '')?.[1];
  const service = world.services.find(
    (service) => name === service.name || name?.startsWith(`${service.name}.`),
  );
  return {
    ...rest,
    authority: host ?? defaultHost,
    port: port ?? (tls ? 443 : from === 'gateway' ? 80 : Number(written ?? service?.port ?? 80)),
    headers: [
      ...Object.entries(headers).flatMap(([key, values]) => values.map((value) => [key, value] as const)),
      ...(upstream === 'echo' ? [[checkHeader, id] as const] : defaultAccept(headers)),
      ...(echo ? [[echoHeader, echo] as const] : []),
    ],
  };
}

/** The services tell the trail to whoever asks for JSON. */
function defaultAccept(headers: Send['headers']): (readonly [string, string])[] {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'accept')
    ? []
    : [['accept', 'application/json']];
}
