/**
 * Changes of rules on a cluster, by `kubectl patch`: the very command is shown first. It names the version of
 * the object that it is about, so that what somebody else changed meanwhile is refused by the API server.
 */
import { randomUUID } from 'node:crypto';
import { Document, parse } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import { CommandFailed, commandLine } from '../../cluster/shell.ts';
import { editRule, inOrder, refuseHttpRoutes } from '../edits/edit-rule.ts';
import { lineDiff } from '../edits/line-diff.ts';
import type { Edit, Plan } from '../protocol.ts';
import { Refusal } from '../source.ts';

/** The one field of its `spec` that is changed from here, by kind. */
const fields = { VirtualService: 'http', DestinationRule: 'trafficPolicy' } as const;

type Kind = keyof typeof fields;

interface Rule {
  apiVersion: string;
  kind: Kind;
  metadata: { name: string; namespace: string; resourceVersion: string; labels?: Record<string, string> };
  spec: { http?: unknown; trafficPolicy?: unknown };
}

interface Patch {
  kind: Kind;
  namespace: string;
  name: string;
  /** The version of the object that it is for. */
  resourceVersion: string;
  /** Of the field; undefined: it goes. */
  value: unknown;
}

interface Change {
  patch: Patch;
  before: unknown;
}

/** Brings an object back to what it was. */
interface Undo extends Patch {
  /** The version that the object had then. */
  from: string;
}

/** Somebody else has changed the object since, or deleted it. */
class Stale extends Refusal {}

export class ClusterChanges {
  readonly #cluster: Cluster;
  readonly #plans = new Map<string, readonly Change[]>();
  readonly #done: { id: string; undo: Undo[] }[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The change that undo would take back, in words its objects; undefined where there is none. */
  get undoable(): { id: string; what: string } | undefined {
    const last = this.#done.at(-1);
    return last && { id: last.id, what: last.undo.map(nameOf).join(', ') };
  }

  /** @throws Refusal */
  async plan(edits: readonly Edit[]): Promise<Plan> {
    const planned = await Promise.all(
      [...Map.groupBy(edits, ({ rule }) => rule)].map(([rule, own]) => this.#planOne(rule, own)),
    );
    const id = randomUUID();
    this.#plans.clear();
    this.#plans.set(
      id,
      planned.map(({ change }) => change),
    );
    return {
      id,
      parts: planned.map(({ part }) => part),
      command: planned.map(({ change }) => this.#commandLine(change.patch)).join('\n'),
      remarks: planned.flatMap(({ remark }) => remark ?? []),
    };
  }

  async #planOne(rule: string, edits: readonly Edit[]) {
    refuseHttpRoutes(rule);
    const [, written = '', namespace = '', name = ''] = /^(\w+) ([^/]+)\/(.+)$/.exec(rule) ?? [];
    const kind = (Object.keys(fields) as Kind[]).find((one) => one === written);
    if (!kind) throw new Refusal(404, `There is no ${rule} to be changed.`);
    const object = await this.#get(kind, namespace, name);
    const target = { namespace, name, defaultNamespace: namespace };
    const before = textOf(object);
    const after = inOrder(edits).reduce((text, edit) => editRule(text, target, edit), before);
    if (after === before) throw new Refusal(400, 'That is how the rules are already.');
    const { spec } = parse(after) as Rule;
    const field = fields[kind];
    const { resourceVersion, labels } = object.metadata;
    const owner =
      labels?.['app.kubernetes.io/managed-by'] === 'Helm' ? labels['app.kubernetes.io/instance'] : undefined;
    return {
      part: { target: rule, diff: lineDiff(before, after) },
      change: {
        patch: { kind, namespace, name, resourceVersion, value: spec[field] },
        before: object.spec[field],
      },
      remark: owner && `${rule}: Helm release ${owner} writes it anew at its next upgrade`,
    };
  }

  /** @throws Refusal */
  async apply(planId: string): Promise<void> {
    const changes = this.#plans.get(planId);
    if (!changes) throw new Refusal(404, 'This change is no longer known; make it again.');
    this.#plans.delete(planId);
    const undo: Undo[] = [];
    for (const { patch, before } of changes) {
      const resourceVersion = await this.#run(patch);
      undo.unshift({ ...patch, resourceVersion, value: before, from: patch.resourceVersion });
    }
    this.#done.push({ id: planId, undo });
  }

  /** @throws Refusal where that change is not the last one, or somebody has changed it since */
  async undo(id: string): Promise<void> {
    const last = this.#done.at(-1);
    if (!last) throw new Refusal(404, 'There is nothing to take back.');
    if (last.id !== id) throw new Refusal(409, 'Another change is the last one by now; look again.');
    // At once: it may be asked for again meanwhile.
    this.#done.pop();
    const { undo } = last;
    try {
      for (let patch = undo[0]; patch; patch = undo[0]) {
        const resourceVersion = await this.#run(patch);
        undo.shift();
        // It is again what the change before made of it.
        for (const earlier of this.#done.flatMap((done) => done.undo))
          if (nameOf(earlier) === nameOf(patch) && earlier.resourceVersion === patch.from)
            earlier.resourceVersion = resourceVersion;
      }
    } catch (error) {
      // What somebody else has changed can never be taken back; those before it can.
      if (!(error instanceof Stale)) this.#done.push(last);
      throw error;
    }
  }

  async #get(kind: Kind, namespace: string, name: string): Promise<Rule> {
    const args = [kind.toLowerCase(), name, '--namespace', namespace];
    const object = await this.#cluster.get<Rule>(args, { show: false });
    if (!object) throw new Refusal(404, `There is no ${kind} ${namespace}/${name} to be read.`);
    return object;
  }

  /** @returns the version of the object after it */
  async #run(patch: Patch): Promise<string> {
    try {
      const text = await this.#cluster.kubectl([...patchArgs(patch), '--output', 'json']);
      return (JSON.parse(text) as Rule).metadata.resourceVersion;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const { kind, namespace, name } = patch;
      // What the API server says of it differs from version to version; that it is another one does not.
      const now = await this.#get(kind, namespace, name).catch(() => undefined);
      const isOther = now !== undefined && now.metadata.resourceVersion !== patch.resourceVersion;
      const why = isOther ? 'it has been changed by somebody else since; look again' : error.output.trim();
      const isGone = error.output.includes('(NotFound)');
      throw new (isOther || isGone ? Stale : Refusal)(409, `${nameOf(patch)}: ${why}`);
    }
  }

  #commandLine(patch: Patch): string {
    return commandLine('kubectl', ['--context', this.#cluster.context, ...patchArgs(patch)]);
  }
}

function nameOf({ kind, namespace, name }: Patch): string {
  return `${kind} ${namespace}/${name}`;
}

function patchArgs({ kind, namespace, name, resourceVersion, value }: Patch): string[] {
  const path = `/spec/${fields[kind]}`;
  const operations = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    // `add` also takes the place of what is there.
    value === undefined ? { op: 'remove', path } : { op: 'add', path, value },
  ];
  const patch = ['--type', 'json', '--patch', JSON.stringify(operations)];
  return ['patch', kind.toLowerCase(), name, '--namespace', namespace, ...patch];
}

/** Without what the cluster adds. */
function textOf({ apiVersion, kind, metadata: { name, namespace }, spec }: Rule): string {
  return new Document({ apiVersion, kind, metadata: { name, namespace }, spec }).toString({ lineWidth: 0 });
}
