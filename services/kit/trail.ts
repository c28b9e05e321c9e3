/** What a request saw: per hop the service, the version that served it and the colour that arrived there. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { z } from 'zod';
import { isColor } from '../../carry/color.ts';
import { carried } from './propagation.ts';

const hopSchema = z.object({
  service: z.string(),
  version: z.string(),
  /** The colour that arrived, or `-`. */
  color: z.string(),
  /** Without the query. */
  path: z.string(),
  /** The service that asked, where that is not the one of the hop before. */
  caller: z.string().optional(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});

const answerSchema = z.object({ color: z.string(), trail: z.array(hopSchema).min(1) });

export type Hop = z.infer<typeof hopSchema>;

/** The JSON that every service answers with: its colour, and the hops from itself on. */
export type Answer = z.infer<typeof answerSchema>;

/** The hop that this service is, for the request being served. */
export function hopOf(ctx: Context, self: { name: string; version: string }): Hop {
  const hop: Hop = { service: self.name, version: self.version, color: carried().color, path: ctx.path };
  if (wantsHeaders(ctx)) hop.headers = withoutSecrets(ctx.req.headers);
  return hop;
}

/** The hops of somebody whom the service of the first hop has called, to go behind the trail so far. */
export function calledBy([caller, ...others]: readonly Hop[], hops: readonly Hop[]): Hop[] {
  const [first, ...rest] = hops;
  if (!first || !caller || others.length === 0) return [...hops];
  return [{ ...first, caller: caller.service }, ...rest];
}

/** Reads another service's JSON answer; throws when it is none. */
export function parseAnswer(json: string): Answer {
  return answerSchema.parse(JSON.parse(json));
}

/** Reads another service's plain text answer, its version; throws when it is none. */
export function parseVersion(text: string): string {
  if (!isColor(text)) throw new Error('no version');
  return text;
}

/** `?headers` asks each hop to show what arrived there. */
function wantsHeaders(ctx: Context): boolean {
  return ctx.querystring !== '' && new URLSearchParams(ctx.querystring).has('headers');
}

function withoutSecrets(headers: IncomingHttpHeaders): Hop['headers'] {
  const shown: NonNullable<Hop['headers']> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !secrets.has(name)) shown[name] = value;
  }
  return shown;
}

const secrets: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);
