/**
 * Faults on purpose, for lessons and tests: the service itself is late, fails, hangs or hangs up, as a real upstream
 * does. A request asks for it by header, `x-misbehave: service-b/release-v1; delay=200; first=2; status=503`, or a
 * version does it to every request, by env `MISBEHAVE_AS="delay=200; status=503"`. Nothing of it without `MISBEHAVE=1`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context, Middleware } from 'koa';
import { colorHeaderName, noColor } from '../../carry/color.ts';
import { Problem } from './problem.ts';
import { type Carried, carried, carrying } from './propagation.ts';

/** Header that asks for misbehaviour; services that may misbehave carry it on. */
export const misbehaveHeader = 'x-misbehave';

/** What a service does wrong; all that is given applies, in this order. */
export interface Misbehavior {
  /** Only the first so many requests; with a request id, counted for each id apart, so that retries count. */
  first?: number;
  /** Answers so many milliseconds late. */
  delay?: number;
  /** Never answers. */
  hang?: boolean;
  /** Closes the connection without an answer, or in the middle of it. */
  close?: 'before' | 'within';
  /** Answers with this status. */
  status?: number;
  /** Carries the colour not on, or begins a new request id. */
  lose?: 'color' | 'request-id';
}

/** Whose misbehaviour a header asks for; no version: every version of the service. */
export interface MisbehaveOrder {
  service: string;
  version?: string;
  misbehavior: Misbehavior;
}

const rememberedRequests = 1_000;
const longestDelayMs = 600_000;

/**
 * Reads `delay=200; first=2; status=503`.
 * @throws Error that says which part is wrong, and what can be asked for
 */
export function parseMisbehavior(text: string): Misbehavior {
  return parseParts(text.split(';'));
}

/**
 * Reads the header: orders separated by commas, each a service, or service/version, and what it is to do.
 * @throws Error as {@link parseMisbehavior}
 */
export function parseMisbehaveOrders(header: string): MisbehaveOrder[] {
  return header.split(',').map((order) => {
    const [target = '', ...parts] = order.split(';');
    const [, service, version] = /^([a-z0-9-]+)(?:\/([a-z0-9-]+))?$/.exec(target.trim()) ?? [];
    if (service === undefined) {
      throw new Error(`${JSON.stringify(target.trim())} is neither a service nor service/version`);
    }
    const misbehavior = parseParts(parts);
    return version === undefined ? { service, misbehavior } : { service, version, misbehavior };
  });
}

function parseParts(parts: readonly string[]): Misbehavior {
  const misbehavior: Misbehavior = {};
  for (const part of parts.map((one) => one.trim()).filter(Boolean)) {
    const [key, value] = part.split('=', 2).map((side) => side.trim());
    if (key === 'first') misbehavior.first = wholeNumber(part, value, 1, 1_000_000);
    else if (key === 'delay') misbehavior.delay = wholeNumber(part, value, 0, longestDelayMs);
    else if (key === 'status') misbehavior.status = wholeNumber(part, value, 200, 599);
    else if (key === 'hang' && value === undefined) misbehavior.hang = true;
    else if (key === 'close' && (value === 'before' || value === 'within')) misbehavior.close = value;
    else if (key === 'lose' && (value === 'color' || value === 'request-id')) misbehavior.lose = value;
    else throw new Error(`${JSON.stringify(part)} is none of ${known}`);
  }
  return misbehavior;
}

const known =
  'first=N, delay=MILLISECONDS, hang, close=before, close=within, status=CODE, lose=color, lose=request-id';

function wholeNumber(part: string, value: string | undefined, least: number, most: number): number {
  const number = /^\d+$/.test(value ?? '') ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`${JSON.stringify(part)}: expected a whole number from ${least} to ${most}`);
}

/** `allowed` is MISBEHAVE=1; `always` what the version does to every request that asks for nothing itself. */
export interface MisbehaveOptions {
  service: string;
  version: string;
  allowed: boolean;
  always?: Misbehavior | undefined;
}

/** Koa middleware that misbehaves as told, or refuses with 403 where that is not allowed. */
export function misbehave({ service, version, allowed, always }: MisbehaveOptions): Middleware {
  const isFirst = firstRequests();

  return (ctx, next) => {
    const header = ctx.get(misbehaveHeader);
    if (header === '') return always ? act(ctx, next, always, undefined) : next();
    if (!allowed) {
      throw new Problem(403, `${misbehaveHeader}: not allowed here; start ${service} with MISBEHAVE=1`);
    }
    const order = orders(header).find(
      (one) => one.service === service && (one.version === undefined || one.version === version),
    );
    const misbehavior = order?.misbehavior ?? always;
    return misbehavior ? act(ctx, next, misbehavior, order && carried().headers['x-request-id']) : next();
  };

  async function act(
    ctx: Context,
    next: () => Promise<void>,
    wrong: Misbehavior,
    requestId: string | undefined,
  ): Promise<void> {
    if (wrong.first !== undefined && !isFirst(wrong.first, requestId)) return next();
    if (wrong.delay !== undefined) await wait(wrong.delay);
    if (wrong.hang) return leaveOpen(ctx);
    if (wrong.close !== undefined) return hangUp(ctx, wrong.close);
    if (wrong.status !== undefined) {
      throw new Problem(wrong.status, `${service} ${version} was told to answer ${wrong.status}`);
    }
    return wrong.lose ? carrying(losing(carried(), wrong.lose), next) : next();
  }
}

function losing({ headers }: Carried, what: 'color' | 'request-id'): Carried {
  const changed = what === 'color' ? { [colorHeaderName]: noColor } : { 'x-request-id': randomUUID() };
  return { color: noColor, headers: { ...headers, ...changed } };
}

function orders(header: string): MisbehaveOrder[] {
  try {
    return parseMisbehaveOrders(header);
  } catch (error) {
    throw new Problem(400, `${misbehaveHeader}: ${(error as Error).message}`);
  }
}

/** Resolves when the caller has given up. */
function leaveOpen(ctx: Context): Promise<void> {
  ctx.respond = false;
  ctx.status = 499; // what the metrics say: the caller gave up
  if (ctx.res.closed) return Promise.resolve();
  return new Promise((resolve) => ctx.res.once('close', resolve));
}

function hangUp(ctx: Context, when: 'before' | 'within'): void {
  ctx.respond = false;
  ctx.status = 500;
  if (when === 'within') {
    // a length that never comes: the caller knows that the answer is torn
    ctx.res.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1_000 });
    ctx.res.write('torn', () => ctx.req.socket.destroy());
  } else {
    ctx.req.socket.destroy();
  }
}

/** Whether a request is among the first `count` of its id, or of all without one. Remembers a bounded number of ids. */
function firstRequests(): (count: number, id: string | undefined) => boolean {
  const seen = new Map<string | undefined, number>();
  return (count, id) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    if (seen.size > rememberedRequests) {
      const oldest = [...seen.keys()].find((key) => key !== undefined);
      seen.delete(oldest);
    }
    return before < count;
  };
}
