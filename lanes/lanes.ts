/**
 * lanes.yaml: which versions of which service exist, and what runs for each. Parsed here once, with file and line in
 * every error, and trusted behind it. Nothing in here knows the local mesh or a cluster: both are built from it.
 */
import { readFile } from 'node:fs/promises';
import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Place } from '../mesh/rules/model.ts';
import { describeSystemError } from '../runtime/system-error.ts';
import { contradictions } from './contradictions.ts';
import { labelsOf } from './labels.ts';
import type { LaneService, Lanes } from './model.ts';
import { namedStandIn, runOf } from './run.ts';
import { fileSchema, type WrittenFile } from './schema.ts';
import { placeOf, problem } from './yaml-place.ts';

export type { LaneService, Lanes, LaneVersion } from './model.ts';

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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const told = document.errors.slice(0, maxSyntaxErrors);
    const untold = document.errors.length - told.length;
    throw new LanesError([
      ...told.map((error) => `${at(error.pos[0])}: ${error.message}`),
      ...(untold > 0 ? [`${file}: and ${untold} more mistakes in its YAML`] : []),
    ]);
  }
  const prototype = prototypeKey(document);
  if (prototype !== undefined)
    throw new LanesError([`${at(prototype)}: __proto__: no name for anything here`]);
  const locate: Locate = (path) => placeOf(document, lines, file, path);
  const parsed = fileSchema.safeParse(plainData(document, file));
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
  const problems = contradictions(parsed.data, lanes).map(({ path, message }) =>
    problem(locate(path), path, message),
  );
  if (problems.length > 0) throw new LanesError(problems);
  return lanes;
}

/** Behind the first ones they mostly follow from those. */
const maxSyntaxErrors = 10;

/** Where a key stands that would be lost among an object's own. */
function prototypeKey(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.value !== '__proto__') return undefined;
      offset = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function plainData(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that nothing defines, or that multiply beyond all measure.
    throw new LanesError([`${file}: ${(error as Error).message}`]);
  }
}

/** The colours that have a version of their own somewhere, in the order in which people count them. */
export function laneNames(lanes: Lanes): string[] {
  const names = lanes.services.flatMap(({ versions, baseline }) =>
    versions.map(({ name }) => name).filter((name) => name !== baseline),
  );
  return [...new Set(names)].sort(new Intl.Collator('en', { numeric: true }).compare);
}

/** Where the thing on this path stands in the file. */
type Locate = (path: readonly PropertyKey[]) => Place;

function build(data: WrittenFile, file: string, locate: Locate): Lanes {
  const called = new Set(Object.values(data.services).flatMap(({ calls }) => calls));
  let entriesBefore = 0;
  const services = Object.entries(data.services).map(([name, service]): LaneService => {
    const names = service.versions.map((version) => version.name);
    const standIn = namedStandIn(service.run) ?? (service.calls.length > 0 ? 'service-a' : 'service-b');
    const entry = service.entry ?? !called.has(name);
    // One may have every name that nobody else has; a browser finds the others under localhost by itself.
    const ownHosts = entriesBefore === 0 ? ['*'] : [`${name}.localhost`];
    if (entry) entriesBefore++;
    return {
      name,
      namespace: service.namespace ?? data.namespace,
      port: service.port,
      protocol: service.protocol,
      standIn,
      calls: service.calls,
      parallel: service.parallel,
      entry,
      namedEntry: entry && (service.entry ?? service.hosts) !== undefined,
      hosts: entry ? (service.hosts ?? ownHosts) : [],
      ports: service.ports ?? data.ports,
      // Where nobody names one, it is `release`, or the first version of a service that has no `release`.
      baseline:
        service.baseline ?? data.baseline ?? (names.includes('release') ? 'release' : (names[0] as string)),
      versions: service.versions.map((version, index) => {
        const { run, env } = runOf(service, version, standIn, file);
        return {
          name: version.name,
          labels: { ...labelsOf(name, version.name), ...version.labels },
          replicas: version.replicas,
          env: { ...env, ...version.env },
          ready: version.ready,
          run,
          place: locate(['services', name, 'versions', index]),
        };
      }),
      place: locate(['services', name]),
    };
  });
  const { namespace, header, carrier, dialect, links, processes } = data;
  return {
    file,
    namespace,
    header,
    carrier,
    dialect,
    ...(links && { links }),
    ...(processes && { processes }),
    services,
  };
}
