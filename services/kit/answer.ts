/** Text or JSON: the two ways a service answers. */
import type { Context } from 'koa';
import type { Answer } from './trail.ts';

export const textType = 'text/plain';
export const jsonType = 'application/json';

/** With what Koa would add: it looks a type up at each answer that has none in full. */
const contentType = {
  [textType]: 'text/plain; charset=utf-8',
  [jsonType]: 'application/json; charset=utf-8',
};

/** Whether the caller asks for JSON by name; all others (curl's `*\/*`, no Accept at all) get text. */
export function wantsJson(ctx: Context): boolean {
  const { accept } = ctx.req.headers;
  // what most callers say; the full negotiation costs more than the rest of a request
  if (accept === undefined || accept === '*/*' || accept === textType) return false;
  if (accept === jsonType) return true;
  // text first: where the caller has no preference, the order decides
  return ctx.accepts(textType, jsonType) === jsonType;
}

export function answerJson(ctx: Context, answer: Answer): void {
  describe(ctx, jsonType);
  ctx.body = JSON.stringify(answer);
}

export function answerText(ctx: Context, version: string): void {
  describe(ctx, textType);
  ctx.body = version;
}

/** To HEAD: what the answer to GET would be, as far as it is known without its body. */
export function answerHead(ctx: Context, json: boolean): void {
  ctx.status = 200;
  describe(ctx, json ? jsonType : textType);
}

function describe(ctx: Context, type: keyof typeof contentType): void {
  ctx.set('content-type', contentType[type]);
  ctx.set('vary', 'accept');
}
