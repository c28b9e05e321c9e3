/**
 * lanes.yaml: which versions of which service exist. Parsed here once, with file and line in every error, and
 * trusted behind it. Nothing in here knows the local mesh or a cluster: both are built from it.
 */
import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Place } from '../mesh/rules/model.ts';
import { describeSystemError } from '../runtime/system-error.ts';
import { placeOf, problem } from './yaml-place.ts';

/** The programs of this kit, which can stand for any service. */
const programs = ['service-a', 'service-b'] as const;
type Program = (typeof programs)[number];

/** One version of one service. */
export interface LaneVersion {
  name: string;
  /** Labels of its pods: those of every deployment of this kit, and what the file adds or overrides. */
  labels: Readonly<Record<string, string>>;
  replicas: number;
  /** Added to the environment of its processes. */
  env: Readonly<Record<string, string>>;
  /** False: it is deployed, but never ready. */
  ready: boolean;
  place: Place;
}

export interface LaneService {
  name: string;
  namespace: string;
  port: number;
  /** The program that stands for it. */
  run: Program;
  /** The service of this file that it asks before it answers. */
  calls?: string;
  /** The version that serves whatever has no version of its own; one of `versions`. */
  baseline: string;
  versions: readonly LaneVersion[];
  place: Place;
}

export interface Lanes {
  /** As the user named it. */
  file: string;
  namespace: string;
  services: readonly LaneService[];
}

/** All that is wrong with a lanes file, a line each: `lanes.yaml:7: services.service-b.port: expected …`. */
export class LanesError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'LanesError';
    this.problems = problems;
  }
}

/**
 * Reads and checks a lanes file.
 * @param file as the user named it; errors name it the same way
 * @throws LanesError when it cannot be read or anything in it is wrong
 */
export async function readLanes(file: string): Promise<Lanes> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new LanesError([describeSystemError(error) ?? `${file}: cannot be read: ${error}`]);
  }
  return parseLanes(text, file);
}

/** The text of a lanes file, checked. Throws as {@link readLanes} does. */
export function parseLanes(text: string, file = 'lanes.yaml'): Lanes {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new LanesError(
      document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  }
  const locate: Locate = (path) => placeOf(document, lines, file, path);
  const parsed = fileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    throw new LanesError(
      parsed.error.issues.map((issue) => {
        const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
        const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
        return problem(locate(path), path, message ?? 'not valid');
      }),
    );
  }
  const lanes = build(parsed.data, file, locate);
  const problems = lanes.services.flatMap((service) => contradictions(service, lanes.services, locate));
  if (problems.length > 0) throw new LanesError(problems);
  return lanes;
}

/** The colours that have a version of their own somewhere, in the order in which people count them. */
export function laneNames(lanes: Lanes): string[] {
  const names = lanes.services.flatMap(({ versions, baseline }) =>
    versions.map(({ name }) => name).filter((name) => name !== baseline),
  );
  return [...new Set(names)].sort(new Intl.Collator('en', { numeric: true }).compare);
}

const label = z
  .string('expected a name')
  .max(63, 'expected at most 63 characters')
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'expected a name of a-z, 0-9 and "-" that begins and ends with a letter or digit (a DNS-1123 label)',
  );

const strings = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], 'expected a string').transform(String),
);

const versionSchema = z.preprocess(
  (version) => (typeof version === 'string' ? { name: version } : version),
  object('a version is its name alone, or {name, labels, replicas, env, ready}', {
    name: label,
    labels: strings.default({}),
    replicas: z.int('expected a whole number').min(0, 'expected 0 or more').default(1),
    env: strings.default({}),
    ready: z.boolean('expected true or false').default(true),
  }),
);

const serviceSchema = object('a service has port, versions, run, calls, baseline, namespace', {
  port: z
    .int('expected a port from 1 to 65535')
    .min(1, 'expected a port from 1')
    .max(65535, 'expected a port up to 65535'),
  versions: z.array(versionSchema, 'expected a list of versions').min(1, 'expected one version or more'),
  run: z.enum(programs, `expected ${programs.join(' or ')}`).optional(),
  calls: label.optional(),
  baseline: label.optional(),
  namespace: label.optional(),
});

const fileSchema = object('a lanes file has services, namespace, baseline', {
  namespace: label.default('coloring'),
  baseline: label.optional(),
  services: z
    .record(label, serviceSchema, {
      error: (issue) => (issue.code === 'invalid_key' ? undefined : 'expected services by name'),
    })
    .refine((services) => Object.keys(services).length > 0, 'expected one service or more'),
});

/** A mapping with these keys and no other; `shape` says in words what may be in it. */
function object<Keys extends z.ZodRawShape>(shape: string, keys: Keys) {
  return z.strictObject(keys, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `not known: ${shape}` : `expected a mapping: ${shape}`,
  });
}

/** Where the thing on this path stands in the file. */
type Locate = (path: readonly PropertyKey[]) => Place;

function build(data: z.infer<typeof fileSchema>, file: string, locate: Locate): Lanes {
  const services = Object.entries(data.services).map(([name, service]): LaneService => {
    const names = service.versions.map((version) => version.name);
    return {
      name,
      namespace: service.namespace ?? data.namespace,
      port: service.port,
      run: service.run ?? (service.calls ? 'service-a' : 'service-b'),
      calls: service.calls,
      // Where nobody names one, it is `release`, or the first version of a service that has no `release`.
      baseline:
        service.baseline ?? data.baseline ?? (names.includes('release') ? 'release' : (names[0] as string)),
      versions: service.versions.map((version, index) => ({
        ...version,
        labels: {
          app: name,
          version: version.name,
          'app.kubernetes.io/name': name,
          'app.kubernetes.io/version': version.name,
          ...version.labels,
        },
        place: locate(['services', name, 'versions', index]),
      })),
      place: locate(['services', name]),
    };
  });
  return { file, namespace: data.namespace, services };
}

/** What each field allows by itself but not together with the others. */
function contradictions(service: LaneService, services: readonly LaneService[], locate: Locate): string[] {
  const problems: string[] = [];
  const complain = (field: readonly PropertyKey[], message: string) => {
    const path = ['services', service.name, ...field];
    problems.push(problem(locate(path), path, message));
  };
  const names = service.versions.map((version) => version.name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) {
      complain(
        ['versions', index],
        `"${name}" is there twice; for more processes of a version write replicas`,
      );
    }
  });
  if (!names.includes(service.baseline)) {
    complain(
      ['versions'],
      `the baseline "${service.baseline}" is missing (has: ${names.join(', ')}): add it, or give this service another, e.g. "baseline: ${names[0]}"`,
    );
  }
  const others = services.map((other) => other.name).filter((name) => name !== service.name);
  if (service.calls !== undefined && !others.includes(service.calls)) {
    complain(
      ['calls'],
      `"${service.calls}" is not another service of this file (has: ${others.join(', ') || 'none'})`,
    );
  }
  if (service.run === 'service-a' && service.calls === undefined) {
    complain([], 'the program service-a asks another service: say which with calls');
  }
  if (service.run === 'service-b' && service.calls !== undefined) {
    complain(['run'], 'the program service-b asks nobody; one that calls is run by service-a');
  }
  if (isCircular(service, services)) {
    complain(['calls'], 'leads back to this service: a request would go round for ever');
  }
  return problems;
}

function isCircular(start: LaneService, services: readonly LaneService[]): boolean {
  const seen = new Set<string>();
  let next = start.calls;
  while (next !== undefined && !seen.has(next)) {
    if (next === start.name) return true;
    seen.add(next);
    next = services.find((service) => service.name === next)?.calls;
  }
  return false;
}
