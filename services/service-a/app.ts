/** service-a: asks service-b the same question and answers with what both saw. */
import type { Context, default as Koa } from 'koa';
import { answerHead, answerJson, answerText, JSON_TYPE, TEXT, wantsJson } from '../kit/answer.ts';
import { createApp, type ServiceDeps } from '../kit/app.ts';
import { clientGone } from '../kit/client-gone.ts';
import { Problem } from '../kit/problem.ts';
import { carried } from '../kit/propagation.ts';
import { pathAndQuery } from '../kit/request-target.ts';
import { type Hop, hopOf, parseAnswer, parseVersion } from '../kit/trail.ts';
import type { ServiceAConfig } from './config.ts';
import { NoAnswer, serviceBClient } from './service-b-client.ts';

/** The app without a port, for a server or a test to call. */
export function createServiceA(config: ServiceAConfig, deps: ServiceDeps): Koa {
  const askServiceB = serviceBClient(config, deps.proxyFor);

  return createApp(config, deps, async (ctx) => {
    const hop = hopOf(ctx, config);
    try {
      await answerWith(ctx, hop);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const level = error.status === 499 ? 'debug' : 'warn';
      deps.log[level]({ reason: error.reason, detail: error.message }, 'no answer from service-b');
      const members = { reason: error.reason, color: hop.color, trail: [hop] };
      throw new Problem(error.status, error.message, { members, cause: error });
    }
  });

  async function answerWith(ctx: Context, hop: Hop): Promise<void> {
    const json = wantsJson(ctx);
    const body = await askServiceB({
      method: ctx.method,
      path: questionPath(ctx),
      accept: json ? JSON_TYPE : TEXT,
      signal: clientGone(ctx),
    });
    // there is no body in service-b's answer to HEAD, nor in this one
    if (ctx.method === 'HEAD') answerHead(ctx, json);
    else if (json)
      answerJson(ctx, { color: carried().color, trail: [hop, ...understood(parseAnswer, body).trail] });
    else answerText(ctx, understood(parseVersion, body));
  }
}

function questionPath(ctx: Context): string {
  const path = pathAndQuery(ctx.url);
  if (path === undefined) throw new Problem(400, `there is no path in ${ctx.url}`);
  return path;
}

function understood<T>(parse: (body: string) => T, body: string): T {
  try {
    return parse(body);
  } catch (error) {
    throw new NoAnswer(502, 'not understood', 'the answer is not that of a service of this kind', error);
  }
}
