/** The objects of a change: what `kubectl apply` would be given, from folders, files or standard input. */
import { text } from 'node:stream/consumers';
import { notRun } from '../../mesh/rules/fields.ts';
import { inWords } from '../../mesh/rules/issue.ts';
import { treatmentOf } from '../../mesh/rules/kinds.ts';
import type { Place } from '../../mesh/rules/model.ts';
import { formatPath, formatProblem, type Problem } from '../../mesh/rules/problem.ts';
import { readRuleFiles } from '../../mesh/rules/rule-files.ts';
import { readObjects, type Source, type SourceObject } from '../../mesh/rules/source.ts';
import { Failure } from '../../runtime/failure.ts';
import { type AnyObject, isClusterScoped, keyOf } from './objects.ts';

export interface WrittenObject {
  object: AnyObject;
  place: Place;
}

/** What stands for standard input among the paths. */
const standardInput = '-';

/**
 * Reads the objects of these folders (not of folders in them), files and, for `-`, standard input.
 * @param namespace of objects that name none
 * @throws Failure with every problem, a line each: what Kubernetes or Istio would not take
 */
export async function readWritten(paths: readonly string[], namespace: string): Promise<WrittenObject[]> {
  const { sources, problems } = await readRuleFiles(paths.filter((path) => path !== standardInput));
  if (paths.includes(standardInput)) sources.push({ file: 'stdin', text: await text(process.stdin) });
  const read = parseWritten(sources, namespace);
  const all = [...problems, ...read.problems];
  if (all.length > 0) throw new Failure(all.map(formatProblem).join('\n'), 2);
  if (read.written.length === 0) throw new Failure(`${paths.join(', ')}: no object of Kubernetes in it`, 2);
  return read.written;
}

/** As {@link readWritten}, from texts at hand. */
export function parseWritten(
  sources: readonly Source[],
  namespace: string,
): { written: WrittenObject[]; problems: Problem[] } {
  const read = sources.map((source) => objectsIn(source, namespace));
  const written = read.flatMap((one) => one.written);
  return { written, problems: [...read.flatMap(({ problems }) => problems), ...twice(written)] };
}

function objectsIn(source: Source, namespace: string): { written: WrittenObject[]; problems: Problem[] } {
  const read = readObjects(source);
  const problems = [...read.problems];
  const written: WrittenObject[] = [];
  for (const one of read.objects) {
    const object = withNamespace(one.value, namespace);
    const place = one.place([]);
    if (!object) {
      const message = 'not a Kubernetes object: it needs apiVersion, kind and metadata.name';
      problems.push({ ...place, message });
    } else if (!isTestHook(object)) {
      problems.push(...mistakesIn({ ...one, value: object }));
      written.push({ object, place });
    }
  }
  return { written, problems };
}

function withNamespace(value: unknown, namespace: string): AnyObject | undefined {
  const { apiVersion, kind, metadata, ...rest } = (value ?? {}) as Partial<AnyObject>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string')
    return undefined;
  const own = isClusterScoped(kind) ? '' : metadata.namespace || namespace;
  return { ...rest, apiVersion, kind, metadata: { ...metadata, namespace: own } };
}

/** `helm template` prints what `helm test` would make, which an upgrade does not. */
function isTestHook({ metadata: { annotations } }: AnyObject): boolean {
  return /^test/.test(annotations?.['helm.sh/hook'] ?? '');
}

/** What Istio would refuse. What the local mesh alone does not run is no mistake: it is named as not judged. */
function mistakesIn(object: SourceObject): Problem[] {
  const value = object.value as AnyObject;
  const treatment = treatmentOf(value);
  const label = `${value.kind} ${value.metadata.name}`;
  if (treatment.type === 'refused' && !isNotRun(treatment.message)) {
    const { field, message } = treatment;
    return [{ ...object.place(field ? [field] : []), object: label, field, message }];
  }
  if (treatment.type !== 'rule' || isClusterScoped(value.kind)) return [];
  const parsed = treatment.kind.parse(object);
  if ('rule' in parsed) return [];
  return parsed.issues
    .map(inWords)
    .filter(({ message }) => !isNotRun(message))
    .map(({ path, message }) => ({
      ...object.place(path),
      object: label,
      field: formatPath(path) || undefined,
      message,
    }));
}

function isNotRun(message: string): boolean {
  return message.includes(notRun);
}

function twice(written: readonly WrittenObject[]): Problem[] {
  return [...Map.groupBy(written, ({ object }) => keyOf(object)).values()].flatMap((same) => {
    const [first, second] = same;
    if (!first || !second) return [];
    const { kind, metadata } = second.object;
    const message = `is at ${first.place.file}:${first.place.line} already; the last applied would win`;
    return [{ ...second.place, object: `${kind} ${metadata.name}`, message }];
  });
}
