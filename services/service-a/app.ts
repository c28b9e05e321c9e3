/** service-a: asks service-b, or whomever else it calls, the same question and answers with what all saw. */
import type { Context, default as Koa } from 'koa';
import { answerHead, answerJson, answerText, jsonType, textType, wantsJson } from '../kit/answer.ts';
import { createApp, type ServiceDeps } from '../kit/app.ts';
import { clientGone } from '../kit/client-gone.ts';
import { Problem } from '../kit/problem.ts';
import { carried } from '../kit/propagation.ts';
import { pathAndQuery } from '../kit/request-target.ts';
import { calledBy, type Hop, hopOf, parseAnswer, parseVersion } from '../kit/trail.ts';
import { callClient, NoAnswer, type Question } from './call-client.ts';
import type { ServiceAConfig } from './config.ts';

/** The app without a port, for a server or a test to call. */
export function createServiceA(config: ServiceAConfig, deps: ServiceDeps): Koa {
  const clients = config.calls.map((origin) => callClient(config, origin, deps.proxyFor));

  return createApp(config, deps, async (ctx) => {
    const hop = hopOf(ctx, config);
    const trail = [hop];
    try {
      await answerWith(ctx, trail);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const level = error.status === 499 ? 'debug' : 'warn';
      deps.log[level]({ reason: error.reason, detail: error.message }, `no answer from ${error.host}`);
      const members = { reason: error.reason, color: hop.color, trail };
      throw new Problem(error.status, error.message, { members, cause: error });
    }
  });

  /** @param trail gets the hops behind this one, those before a failure too */
  async function answerWith(ctx: Context, trail: Hop[]): Promise<void> {
    const json = wantsJson(ctx);
    const question = {
      method: ctx.method,
      path: questionPath(ctx),
      accept: json ? jsonType : textType,
      signal: clientGone(ctx),
    };
    let version = config.version;
    const take = (host: string, body: string) => {
      // there is no body in the answer to HEAD
      if (ctx.method === 'HEAD') return;
      if (json) trail.push(...calledBy(trail, understood(parseAnswer, body, host).trail));
      else version = understood(parseVersion, body, host);
    };
    if (config.parallel) await askAll(question, take);
    else for (const { host, ask } of clients) take(host, await ask(question));
    if (ctx.method === 'HEAD') answerHead(ctx, json);
    else if (json) answerJson(ctx, { color: carried().color, trail });
    else answerText(ctx, version);
  }

  /** At once, and takes the answers in the order of calls. Throws NoAnswer of the first that failed. */
  async function askAll(question: Question, take: (host: string, body: string) => void): Promise<void> {
    // all of them settle before one that failed is told, or it would be told twice
    const settled = await Promise.allSettled(clients.map(({ ask }) => ask(question)));
    let failed: PromiseRejectedResult | undefined;
    for (const [index, { host }] of clients.entries()) {
      const answer = settled[index];
      if (answer?.status === 'fulfilled') take(host, answer.value);
      else failed ??= answer;
    }
    if (failed) throw failed.reason;
  }
}

function questionPath(ctx: Context): string {
  const path = pathAndQuery(ctx.url);
  if (path === undefined) throw new Problem(400, `there is no path in ${ctx.url}`);
  return path;
}

function understood<T>(parse: (body: string) => T, body: string, host: string): T {
  try {
    return parse(body);
  } catch (error) {
    const detail = 'the answer is not that of a service of this kind';
    throw new NoAnswer(502, 'not understood', detail, { host, cause: error });
  }
}
