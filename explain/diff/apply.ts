/** What a cluster would have after `kubectl apply`: objects merged by kind, namespace and name. */
import { isDeepStrictEqual } from 'node:util';
import { selects } from '../../mesh/routing/visibility.ts';
import { treatmentOf } from '../../mesh/rules/kinds.ts';
import type { Place } from '../../mesh/rules/model.ts';
import { type AnyObject, groupOf, keyOf, nameOf, type ObjectName, ownerInWords } from './objects.ts';
import type { WrittenObject } from './written.ts';

export interface ObjectChange {
  type: 'added' | 'changed' | 'removed';
  object: ObjectName;
  /** Whose it was, or is; empty where nothing says it. */
  owner: string;
  /** Where it is written; absent where it is removed. */
  place?: Place;
}

export interface Applied {
  after: AnyObject[];
  changes: ObjectChange[];
}

/** @param goes which of the objects that are not written would be removed */
export function apply(
  before: readonly AnyObject[],
  written: readonly WrittenObject[],
  goes: (object: AnyObject) => boolean,
): Applied {
  const rest = new Map(before.map((object) => [keyOf(object), object]));
  const after: AnyObject[] = [];
  const changes: ObjectChange[] = [];
  const replaced: AnyObject[] = [];
  for (const { object, place } of written) {
    const key = keyOf(object);
    const live = rest.get(key);
    rest.delete(key);
    const next = live ? merged(live, object) : object;
    const isSame = live !== undefined && same(live, next, object);
    after.push(isSame ? live : next);
    if (isSame) continue;
    if (live) replaced.push(live);
    const of = live ?? object;
    changes.push({ type: live ? 'changed' : 'added', object: nameOf(of), owner: ownerInWords(of), place });
  }
  for (const object of rest.values()) {
    if (!goes(object)) {
      after.push(object);
      continue;
    }
    replaced.push(object);
    changes.push({ type: 'removed', object: nameOf(object), owner: ownerInWords(object) });
  }
  return { after: after.filter((object) => !isPodOf(object, replaced)), changes };
}

/** The pods of a workload go with it, or are made anew. */
function isPodOf({ kind, metadata }: AnyObject, workloads: readonly AnyObject[]): boolean {
  if (kind !== 'Pod') return false;
  return workloads.some((workload) => {
    const { matchLabels } = (workload.spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
    return (
      matchLabels !== undefined &&
      workload.metadata.namespace === metadata.namespace &&
      selects(matchLabels, metadata.labels ?? {})
    );
  });
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

type Fields = Record<string, unknown>;

/**
 * What was applied before says which fields go; fields of others stay. Lists are replaced whole. Where nothing says what
 * was applied before, Helm keeps that for itself and removes by it: the spec is what is written.
 * (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes)
 */
function merged(live: AnyObject, written: AnyObject): AnyObject {
  const last = parsed(live.metadata.annotations?.[lastApplied]);
  if (last)
    return patched(live as unknown as Fields, last, written as unknown as Fields) as unknown as AnyObject;
  const { labels, annotations } = live.metadata;
  return {
    ...live,
    ...written,
    metadata: {
      ...live.metadata,
      ...written.metadata,
      labels: { ...labels, ...written.metadata.labels },
      annotations: { ...annotations, ...written.metadata.annotations },
    },
  };
}

function parsed(text: string | undefined): Fields | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Fields);
  } catch {
    return undefined;
  }
}

function patched(live: Fields, last: Fields, next: Fields): Fields {
  const kept = Object.entries(live).filter(([name]) => name in next || !(name in last));
  const written = Object.entries(next).map(([name, value]) => {
    const before = live[name];
    if (!isFields(value) || !isFields(before)) return [name, value];
    const known = last[name];
    return [name, patched(before, isFields(known) ? known : {}, value)];
  });
  return Object.fromEntries([...kept, ...written]);
}

/** Whether applying changes nothing: the API server adds defaults to objects of some kinds, and those are no change. */
function same(live: AnyObject, next: AnyObject, written: AnyObject): boolean {
  if (!isDeepStrictEqual(marks(live), marks(next))) return false;
  if (isDeepStrictEqual(live.spec, next.spec)) return true;
  if (groupOf(live.apiVersion) === 'networking.istio.io' || !contains(live.spec, written.spec)) return false;
  const [before, after] = [live, written].map(meaningOf);
  return before === undefined || isDeepStrictEqual(before, after);
}

function marks({ metadata: { labels = {}, annotations = {} } }: AnyObject): unknown {
  const { [lastApplied]: _, ...others } = annotations;
  return [labels, others];
}

/** The rule as it is understood, which knows the defaults; undefined where it is none. */
function meaningOf(object: AnyObject): unknown {
  const treatment = treatmentOf(object);
  if (treatment.type !== 'rule') return undefined;
  return treatment.kind.parse({ file: '', value: object, place: () => ({ file: '', line: 0 }) });
}

/** Whether all that is written is there already. */
function contains(live: unknown, written: unknown): boolean {
  if (Array.isArray(written)) {
    if (!Array.isArray(live) || live.length !== written.length) return false;
    return written.every((value, i) => contains(live[i], value));
  }
  if (!isFields(written)) return isDeepStrictEqual(live, written);
  return isFields(live) && Object.entries(written).every(([name, value]) => contains(live[name], value));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
