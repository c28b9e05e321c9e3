/** service-b: the end of the trail. It answers with its version. */
import type Koa from 'koa';
import { answerJson, answerText, wantsJson } from '../kit/answer.ts';
import { createApp, type ServiceDeps } from '../kit/app.ts';
import type { ServiceConfig } from '../kit/config.ts';
import { carried } from '../kit/propagation.ts';
import { hopOf } from '../kit/trail.ts';

/** The app without a port, for a server or a test to call. */
export function createServiceB(config: ServiceConfig, deps: ServiceDeps): Koa {
  return createApp(config, deps, (ctx) => {
    if (wantsJson(ctx)) answerJson(ctx, { color: carried().color, trail: [hopOf(ctx, config)] });
    else answerText(ctx, config.version);
  });
}
