/**
 * A check as a person writes it: one YAML file whose first document says what is sent and what must come back,
 * and whose other documents are the Istio rules, as kubectl would take them. The format is told in README.md.
 * Parsed here once; everything behind this file trusts it.
 */
import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { parseLanes } from '../lanes/lanes.ts';
import { inWords as wordsOf } from '../mesh/rules/issue.ts';
import type { Place } from '../mesh/rules/model.ts';
import { formatProblem, type Path } from '../mesh/rules/problem.ts';
import { readObjects, type SourceObject } from '../mesh/rules/source.ts';
import type { Scene } from './scene.ts';
import { defaultWorld } from './world.ts';

/** From where a request is sent. */
const callers = ['gateway', 'client', 'other-namespace', 'no-sidecar', 'node', 'nginx'] as const;
export type Caller = (typeof callers)[number];

/** What is wrong with a case, a line each, with file, line and field. */
export class CaseError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'CaseError';
    this.problems = problems;
  }
}

/** A scene, what is sent in it, and what must come back. */
export interface Case extends Scene {
  title: string;
  /** Scenarios that it shows, `S15`. */
  scenarios: readonly string[];
  /** Why the local mesh cannot run it; `refused` is a part of what it says to the rules, where they are the reason. */
  needs?: { cluster: string; refused?: string };
  /** A part of what the local mesh says to the rules; a cluster refuses them as well. */
  invalid?: string;
  steps: readonly Step[];
}

export type Step = RequestStep | ChangeStep | LookStep | WatchStep;
export type RequestStep = z.output<typeof requestStep> & { place: Place };
/** `file`: where the rules to apply were read from. */
type ChangeStep = z.output<typeof changeStep> & { place: Place; file?: string };
/** `file`: where the dashboard was read from. */
export type WatchStep = z.output<typeof watchStep> & { place: Place; file?: string };
export type LookStep = z.output<typeof lookStep> & { place: Place };
export type Send = RequestStep['send'];
export type Expect = NonNullable<RequestStep['expect']>;

/** Reads and checks a case file. @throws CaseError */
export async function readCase(file: string): Promise<Case> {
  return parseCase(await readFile(file, 'utf8'), file);
}

/** The text of a case file, checked. @throws CaseError */
export function parseCase(text: string, file: string): Case {
  const { objects, problems } = readObjects({ file, text });
  if (problems.length > 0) throw new CaseError(problems.map(formatProblem));
  const [head] = objects;
  if (head === undefined) throw new CaseError([`${file}:1: is empty; a case begins with its title`]);
  const parsed = caseSchema.safeParse(head.value);
  if (!parsed.success) throw new CaseError(parsed.error.issues.flatMap((issue) => inWords(head, issue)));
  const { scenario, steps, world: written, ...rest } = parsed.data;
  const world = written === undefined ? defaultWorld : parseLanes(sourceOf(text, 'world'), file);
  return {
    ...rest,
    file,
    scenarios: scenario,
    world,
    grpc: world.services.filter(({ protocol }) => protocol === 'grpc').map(({ name }) => name),
    rules: withoutFirstDocument(text),
    steps: steps.map((step, i) => ({ ...step, place: head.place(['steps', i]) })),
  };
}

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const count = z.int().min(1).max(100_000);
const percent = z.number().min(0).max(100);
/** `service-a/release-v1`, or `release-v1` of whichever service. */
const version = z.string().regex(/^[-a-z0-9]+(\/[-a-z0-9]+)?$/, 'expected a version, or service/version');
/** A value, or null where there must be none. */
const headerValues = z.record(z.string(), text.nullable()).default({});
/** A number, or bounds. */
const amount = z.union([
  z
    .int()
    .min(0)
    .transform((exactly) => ({ min: exactly, max: exactly })),
  z.strictObject({ min: z.int().default(0), max: z.int().default(Number.MAX_SAFE_INTEGER) }),
]);

const oneMisbehavior = '(?:(?:status|grpc|delay|first)=\\d+|close=(?:before|within)|at=[-a-z0-9]+)';
const misbehavior = new RegExp(`^${oneMisbehavior}(?:; ${oneMisbehavior})*$`);

const sendSchema = z
  .strictObject({
    method: z.string().default('GET'),
    path: z.string().startsWith('/').default('/'),
    /** Host, as it is sent. */
    host: z.string().optional(),
    /** The port that is connected to; default: that of the host, or of the service with its name, or 80. */
    port: z.int().min(1).max(65535).optional(),
    /** A list is sent on several lines. */
    headers: z.record(z.string(), z.union([text.transform((one) => [one]), z.array(text)])).default({}),
    body: z.string().default(''),
    /** `2`: without TLS and without asking before, as gRPC does inside a mesh. `grpc`: a call of the one method of grpc.ts. */
    http: text.pipe(z.enum(['1.0', '1.1', '2', 'grpc'])).default('1.1'),
    /** By HTTPS, on port 443; trusts the certificate that a step before has made, and no other. */
    tls: z.literal(true).optional(),
    times: count.default(1),
    concurrency: count.default(1),
    connection: z.enum(['keep-alive', 'new', 'held']).default('keep-alive'),
    /** Milliseconds between an answer and the next request, at random from a pair of bounds. */
    pauseMs: z.tuple([z.number().min(0), z.number().min(0)]).optional(),
    /** Misbehaviour asked of the upstream, as in echo.ts. */
    echo: z
      .string()
      .regex(
        misbehavior,
        'expected status=CODE, grpc=CODE, delay=MS, close=before|within, first=N or at=VERSION, with "; " between',
      )
      .optional(),
  })
  .refine(({ http, tls }) => !tls || http === '1.1', {
    path: ['http'],
    message: 'by HTTPS requests are sent as HTTP/1.1',
  });

const expectSchema = z.strictObject({
  status: z.int().min(100).max(599).optional(),
  /** None came: the connection was not taken, or closed before an answer. */
  noAnswer: z.enum(['refused', 'closed']).optional(),
  /** How many answers had each status. */
  statuses: z.record(z.string().regex(/^[1-5]\d\d$/, 'expected a status'), amount).optional(),
  version: version.optional(),
  /** Any of these. */
  versions: z.array(version).optional(),
  /** Service and version at every hop, the caller's side first; only where service-a really asks service-b. */
  trail: z.array(version).optional(),
  /** The colour that arrived at each of these hops, `-` for none. */
  colors: z.array(z.string()).optional(),
  /** Percent of the answers that each version, each trail (`service-a/v1 > service-b/v2`), or each endpoint (`release-0`), gave. */
  shares: z.record(z.string(), percent).refine(sumIs100, 'must be 100 in all').optional(),
  endpoints: z.record(z.string(), percent).refine(sumIs100, 'must be 100 in all').optional(),
  /** All answers came from one endpoint; `as`: the one that answered the step with this name. */
  sameEndpoint: z.union([z.literal(true), z.string()]).optional(),
  arrived: z
    .strictObject({
      /** Version of HTTP. */
      http: text.pipe(z.enum(['1.1', '2'])).optional(),
      method: z.string().optional(),
      path: z.string().optional(),
      authority: z.string().optional(),
      body: z.string().optional(),
      headers: headerValues,
    })
    .optional(),
  answer: z
    .strictObject({
      /** Looks only at the answers with this status, of which there has to be one. */
      status: z.int().optional(),
      headers: headerValues,
      body: z.string().optional(),
    })
    .optional(),
  /** Headers that arrived at every hop; only where services tell them (`?headers`). */
  everyHop: headerValues.optional(),
  /** How often each version was called by all requests of the step together. */
  calls: z.record(version, amount).optional(),
  /** How many connections all these calls of a version came over. */
  connections: z.record(version, amount).optional(),
  /** Authority of every call that a version got: tells a mirror. */
  calledAs: z.record(version, z.string()).optional(),
  atLeastMs: z.number().optional(),
  atMostMs: z.number().optional(),
  /** How many were not answered with a status below 500. */
  failed: amount.optional(),
  /** The time that the median request took, as a multiple of that of the step with this name. */
  takes: z
    .strictObject({ as: z.string(), atLeast: z.number().optional(), atMost: z.number().optional() })
    .optional(),
  /** Envoy's response flag, where the engine can tell. */
  flag: z.string().optional(),
});

/** The engine that can run a step, where the other one cannot. */
const onlyOn = { only: z.enum(['local', 'cluster']).optional() };

const requestStep = z.strictObject({
  name: z.string().optional(),
  from: z.enum(callers).default('gateway'),
  /** The server block of the nginx in front, where it is the caller; in a lesson, a file beside the check. */
  nginx: z.string().optional(),
  /** A line of the table that the check fills in: how many requests failed. */
  row: z.string().optional(),
  /** Sent anew, up to so many times in all, until it is as expected: where chance or a busy computer has a say. */
  tries: z.int().min(1).max(5).default(1),
  /** Sent anew until it is as expected, for so many seconds: where something takes its time. */
  until: z.int().min(1).max(60).optional(),
  ...onlyOn,
  send: sendSchema.prefault({}),
  expect: expectSchema,
});

const changeStep = z.union([
  /** Rules to add or replace, as YAML text. */
  z.strictObject({ apply: z.string(), ...onlyOn }),
  /** Rules to take away, `VirtualService service-a`. */
  z.strictObject({ delete: z.array(z.string()), ...onlyOn }),
  /** How many endpoints each version has from now on. */
  z.strictObject({ scale: z.record(version, z.int().min(0)), ...onlyOn }),
  /** Makes a certificate for `host`, anew each time, and puts it where gateways find it under the name `secret`. */
  z.strictObject({ certificate: z.strictObject({ secret: z.string(), host: z.string() }), ...onlyOn }),
]);

/** Whose tables can be looked at. */
const proxies = ['gateway', 'client', 'other-namespace'] as const;
/** What can be looked at: the tables of `istioctl proxy-config`, and what leads the traffic of a pod into its proxy. */
const tables = ['listeners', 'routes', 'clusters', 'endpoints', 'iptables'] as const;
export type ProxyTable = (typeof tables)[number];

const lookStep = z.strictObject({
  look: z.strictObject({
    at: z.enum(proxies),
    table: z.enum(tables),
    /** Each is found in one line: its words in this order, whatever stands between them. */
    shows: z.array(z.string().min(1)).default([]),
    /** None of these is. */
    lacks: z.array(z.string().min(1)).default([]),
  }),
  ...onlyOn,
});

const watchStep = z.strictObject({
  /** A Grafana dashboard, as JSON text; in a lesson, a file beside the check. Asked of a Prometheus that scrapes the pair. */
  watch: z.string(),
  from: z.enum(callers).default('gateway'),
  /** What is sent meanwhile. */
  while: sendSchema.prefault({}),
  /** By the title of a panel: the series, by their legend, that are above zero, all of them. */
  shows: z.record(z.string(), z.array(z.string())),
  ...onlyOn,
});

const stepKinds = {
  look: lookStep,
  watch: watchStep,
  apply: changeStep,
  delete: changeStep,
  scale: changeStep,
  certificate: changeStep,
};

const caseSchema = z.strictObject({
  title: z.string().min(1),
  scenario: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  needs: z.strictObject({ cluster: z.string().min(1), refused: z.string().optional() }).optional(),
  invalid: z.string().optional(),
  world: z.unknown().optional(),
  outbound: z.enum(['ALLOW_ANY', 'REGISTRY_ONLY']).default('ALLOW_ANY'),
  upstream: z.enum(['echo', 'pair']).default('echo'),
  steps: z.array(z.unknown().transform((step, context) => parseStep(step, context))).default([]),
});

type ParsedStep = z.output<(typeof stepKinds)[keyof typeof stepKinds] | typeof requestStep>;

/** A step by the kind that its fields tell, so that a mistake in it is named for that kind alone. */
function parseStep(step: unknown, context: z.RefinementCtx): ParsedStep {
  const kind = Object.entries(stepKinds).find(
    ([key]) => typeof step === 'object' && step !== null && key in step,
  );
  const parsed = (kind?.[1] ?? requestStep).safeParse(step);
  if (parsed.success) return parsed.data;
  for (const { path, ...issue } of parsed.error.issues) {
    context.issues.push({ ...issue, path, input: step } as z.core.$ZodRawIssue);
  }
  return z.NEVER;
}

function sumIs100(shares: Record<string, number>): boolean {
  return Math.abs(Object.values(shares).reduce((sum, share) => sum + share, 0) - 100) < 1e-6;
}

function inWords(head: SourceObject, issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_union') {
    const [best] = [...issue.errors].sort((a, b) => deepest(b) - deepest(a));
    if (best && best.length > 0)
      return best.flatMap((inner) => inWords(head, { ...inner, path: [...issue.path, ...inner.path] }));
  }
  const { path, message } =
    issue.code === 'unrecognized_keys'
      ? { path: [...issue.path, issue.keys[0] ?? ''] as Path, message: 'is not known here' }
      : wordsOf(issue);
  const field = path.reduce<string>(
    (all, step) => (typeof step === 'number' ? `${all}[${step}]` : all ? `${all}.${step}` : step),
    '',
  );
  return [formatProblem({ ...head.place(path), field, message })];
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** The value of a top-level key of the first document as a text of its own, on the lines where it stands. */
function sourceOf(whole: string, key: string): string {
  const node = parseDocument(whole.split(/^---$/m)[0] ?? '').get(key, true) as {
    range: [number, number, number];
  };
  const [start, end] = node.range;
  const before = whole.slice(0, start);
  const column = start - (before.lastIndexOf('\n') + 1);
  return '\n'.repeat(before.split('\n').length - 1) + ' '.repeat(column) + whole.slice(start, end);
}

/** The documents behind the first, on the lines where they stand. */
function withoutFirstDocument(whole: string): string {
  const lines = whole.split('\n');
  const next = lines.findIndex(
    (line, i) => line === '---' && lines.slice(0, i).some((before) => /^[^#\s]/.test(before)),
  );
  if (next < 0) return '';
  return lines.map((line, i) => (i < next ? '' : line)).join('\n');
}
