/** Configuration comes from the environment, is read once, and is right or the process does not start. */
import { z } from 'zod';
import { isColor } from '../../carry/color.ts';
import { type Carrier, carriers } from '../../carry/color-carrier.ts';
import { propagatedHeaders } from '../../carry/propagated-headers.ts';
import { logLevels } from './logging.ts';
import { type Misbehavior, misbehaveHeader, parseMisbehavior } from './misbehavior.ts';

/** What is wrong with the environment, in one line. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Timers of Node take no more (about 25 days). */
const longestMs = 2 ** 31 - 1;

/** A variable that, when set, is a whole number of milliseconds. */
export function milliseconds(defaultMs: number) {
  return z
    .string()
    .regex(/^\d+$/, 'must be a whole number of milliseconds')
    .transform(Number)
    .refine((ms) => ms <= longestMs, `must be at most ${longestMs}`)
    .default(defaultMs);
}

/** A variable that, when set, is the origin of a service, e.g. `http://service-b:32000`. */
export function serviceOrigin(defaultOrigin: string) {
  return z
    .string()
    .transform((value, context) => {
      const origin = originOf(value);
      if (origin) return origin;
      context.addIssue(`must be a URL of scheme, host and port, like ${defaultOrigin}`);
      return z.NEVER;
    })
    .default(defaultOrigin);
}

/** A variable that, when set, is a list of such origins, separated by commas. */
export function serviceOrigins() {
  return z.string().transform((value, context) => {
    const origins = value.split(',').map((part) => originOf(part.trim()));
    if (origins.every((origin) => origin !== undefined)) return origins;
    context.addIssue('must be URLs of scheme, host and port, separated by commas');
    return z.NEVER;
  });
}

function originOf(value: string): string | undefined {
  const url = URL.parse(value);
  return url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` ? url.origin : undefined;
}

const propagateHeaders = z
  .string()
  .optional()
  .transform((list, context) => {
    const { names, wrong } = propagatedHeaders(list);
    for (const reason of wrong) context.addIssue(reason);
    return names;
  });

/** A variable that, when set, is what a version does wrong to every request. */
const misbehavior = z
  .string()
  .optional()
  .transform((text, context): Misbehavior | undefined => {
    try {
      return text === undefined ? undefined : parseMisbehavior(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });

/** The variables that every service has; `name` and `port` are its own defaults. */
export function serviceVariables(defaults: { name: string; port: number }) {
  return {
    SERVICE_NAME: z.string().min(1, 'must not be empty').default(defaults.name),
    PROJECT_VERSION: z
      .string()
      .refine(isColor, 'must be a DNS-1123 label: at most 63 of a-z, 0-9 and -, no - at either end')
      .default('release'),
    HOST: z.string().min(1, 'must not be empty').optional(),
    PORT: z
      .string()
      .regex(/^\d+$/, 'must be a port, 0 to 65535')
      .transform(Number)
      .refine((port) => port <= 65535, 'must be a port, 0 to 65535')
      .default(defaults.port),
    PROPAGATE_HEADERS: propagateHeaders,
    COLOR_CARRIER: z.enum(carriers, `must be one of ${carriers.join(', ')}`).default('header'),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
    READY: z
      .enum(['true', 'false'], 'must be true or false')
      .default('true')
      .transform((ready) => ready === 'true'),
    KEEP_ALIVE_MS: milliseconds(65 * 60_000),
    DRAIN_DELAY_MS: milliseconds(2_000),
    GRACE_PERIOD_MS: milliseconds(25_000),
    MISBEHAVE: z
      .enum(['0', '1'], 'must be 0 or 1')
      .default('0')
      .transform((allowed) => allowed === '1'),
    MISBEHAVE_AS: misbehavior,
  };
}

/** What the variables of {@link serviceVariables} mean to the kit. */
export interface ServiceConfig {
  name: string;
  version: string;
  host: string | undefined;
  port: number;
  /** Names of the request headers to carry on, in lower case. */
  propagate: readonly string[];
  /** In what a request has its colour. */
  carrier: Carrier;
  logLevel: (typeof logLevels)[number];
  /** False: it runs, and answers 503 at /readyz. */
  ready: boolean;
  /**
   * How long a connection without a request stays open. Istio's proxies keep one to the app for up to an hour; the app
   * must not close it first, or a request already on its way is answered 503 (UC). Node's default is 5 s.
   */
  keepAliveMs: number;
  /** After the signal: how long it still accepts requests, so that the callers learn that it is not ready. */
  drainDelayMs: number;
  /** After the signal: when it ends, done or not. */
  gracePeriodMs: number;
  /** Whether a request, or `misbehavior`, may make it fail on purpose. */
  mayMisbehave: boolean;
  misbehavior: Misbehavior | undefined;
}

type Variables = ReturnType<typeof serviceVariables>;

/** Gives the variables the names that the code uses. */
export function serviceConfig(env: z.output<z.ZodObject<Variables>>): ServiceConfig {
  if (env.MISBEHAVE_AS && !env.MISBEHAVE) throw new ConfigError('MISBEHAVE_AS: refused without MISBEHAVE=1');
  return {
    name: env.SERVICE_NAME,
    version: env.PROJECT_VERSION,
    host: env.HOST,
    port: env.PORT,
    propagate: env.MISBEHAVE ? [...env.PROPAGATE_HEADERS, misbehaveHeader] : env.PROPAGATE_HEADERS,
    carrier: env.COLOR_CARRIER,
    logLevel: env.LOG_LEVEL,
    ready: env.READY,
    keepAliveMs: env.KEEP_ALIVE_MS,
    drainDelayMs: env.DRAIN_DELAY_MS,
    gracePeriodMs: env.GRACE_PERIOD_MS,
    mayMisbehave: env.MISBEHAVE,
    misbehavior: env.MISBEHAVE_AS,
  };
}

/** Reads the environment; throws a {@link ConfigError} that names each variable that is wrong. */
export function readEnv<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.output<T> {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path: [name], message }) => {
    return `${String(name)}=${JSON.stringify(env[String(name)])}: ${message}`;
  });
  throw new ConfigError(wrong.join('; '));
}
