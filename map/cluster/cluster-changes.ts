/**
 * Changes of VirtualServices on a cluster, by `kubectl patch`: the very command is shown first. It names the version of
 * the object that it is about, so that what somebody else changed meanwhile is refused by the API server.
 */
import { randomUUID } from 'node:crypto';
import { Document, parse } from 'yaml';
import type { Cluster } from '../../cluster/cluster.ts';
import { CommandFailed, commandLine } from '../../cluster/shell.ts';
import { editRule, refuseHttpRoutes } from '../edits/edit-rule.ts';
import { lineDiff } from '../edits/line-diff.ts';
import type { Edit, Plan } from '../protocol.ts';
import { Refusal } from '../source.ts';

interface VirtualService {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; resourceVersion: string; labels?: Record<string, string> };
  spec: { http?: unknown[] };
}

interface Patch {
  namespace: string;
  name: string;
  /** The version of the object that it is for. */
  resourceVersion: string;
  http: unknown;
}

interface Change {
  patch: Patch;
  before: unknown;
}

export class ClusterChanges {
  readonly #cluster: Cluster;
  readonly #plans = new Map<string, readonly Change[]>();
  #done: { undo: Patch[] }[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get undoable(): string | undefined {
    return this.#done
      .at(-1)
      ?.undo.map(({ namespace, name }) => `VirtualService ${namespace}/${name}`)
      .join(', ');
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
    const [, namespace = '', name = ''] = /^VirtualService ([^/]+)\/(.+)$/.exec(rule) ?? [];
    const object = await this.#get(namespace, name);
    const target = { namespace, name, defaultNamespace: namespace };
    const before = textOf(object);
    const after = [...edits]
      .sort((a, b) => b.route - a.route)
      .reduce((text, edit) => editRule(text, target, edit), before);
    const { spec } = parse(after) as VirtualService;
    const { resourceVersion, labels } = object.metadata;
    const owner =
      labels?.['app.kubernetes.io/managed-by'] === 'Helm' ? labels['app.kubernetes.io/instance'] : undefined;
    return {
      part: { target: rule, diff: lineDiff(before, after) },
      change: { patch: { namespace, name, resourceVersion, http: spec.http }, before: object.spec.http },
      remark: owner && `${rule}: Helm release ${owner} writes it anew at its next upgrade`,
    };
  }

  /** @throws Refusal */
  async apply(planId: string): Promise<void> {
    const changes = this.#plans.get(planId);
    if (!changes) throw new Refusal(404, 'This change is no longer known; make it again.');
    this.#plans.delete(planId);
    const undo: Patch[] = [];
    for (const { patch, before } of changes) {
      const { namespace, name } = patch;
      const resourceVersion = await this.#run(patch);
      undo.unshift({ namespace, name, resourceVersion, http: before });
    }
    this.#done.push({ undo });
  }

  /** @throws Refusal */
  async undo(): Promise<void> {
    const last = this.#done.at(-1);
    if (!last) throw new Refusal(404, 'There is nothing to take back.');
    for (const patch of last.undo) await this.#run(patch);
    this.#done.pop();
  }

  async #get(namespace: string, name: string): Promise<VirtualService> {
    const args = ['virtualservice', name, '--namespace', namespace];
    const object = await this.#cluster.get<VirtualService>(args, { show: false });
    if (!object) throw new Refusal(404, `There is no VirtualService ${namespace}/${name} to be read.`);
    return object;
  }

  /** @returns the version of the object after it */
  async #run(patch: Patch): Promise<string> {
    try {
      const text = await this.#cluster.kubectl([...patchArgs(patch), '--output', 'json']);
      return (JSON.parse(text) as VirtualService).metadata.resourceVersion;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const { namespace, name } = patch;
      // What the API server says of it differs from version to version; that it is another one does not.
      const now = await this.#get(namespace, name).catch(() => undefined);
      const isStale = now && now.metadata.resourceVersion !== patch.resourceVersion;
      const why = isStale ? 'it has been changed by somebody else since; look again' : error.output.trim();
      throw new Refusal(409, `VirtualService ${namespace}/${name}: ${why}`);
    }
  }

  #commandLine(patch: Patch): string {
    return commandLine('kubectl', ['--context', this.#cluster.context, ...patchArgs(patch)]);
  }
}

function patchArgs({ namespace, name, resourceVersion, http }: Patch): string[] {
  const operations = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/spec/http', value: http },
  ];
  const patch = ['--type', 'json', '--patch', JSON.stringify(operations)];
  return ['patch', 'virtualservice', name, '--namespace', namespace, ...patch];
}

/** Without what the cluster adds. */
function textOf({ apiVersion, kind, metadata: { name, namespace }, spec }: VirtualService): string {
  return new Document({ apiVersion, kind, metadata: { name, namespace }, spec }).toString({ lineWidth: 0 });
}
