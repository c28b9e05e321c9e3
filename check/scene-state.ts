/** What a scene has at the moment: its steps change the rules and the endpoints that it began with. */
import type { Lanes } from '../lanes/lanes.ts';
import { readObjects } from '../mesh/rules/source.ts';
import type { Part } from './agent/echo.ts';
import type { Scene } from './scene.ts';
import { defaultRules, type RuleObject } from './world.ts';

/** Where every outside host listens; rules and requests name it OUTSIDE_ADDRESS and OUTSIDE_PORT. */
export interface Outside {
  address: string;
  port: number;
}

const isOfNoNamespace: ReadonlySet<string> = new Set(['GatewayClass', 'Namespace']);

export class SceneState {
  readonly world: Lanes;
  /** Services that speak gRPC. */
  readonly grpc: readonly string[];
  readonly #outside: Outside;
  readonly #rules = new Map<string, RuleObject>();
  readonly #replicas: Map<string, number>;

  constructor(scene: Scene, outside: Outside) {
    this.world = scene.world;
    this.grpc = scene.grpc ?? [];
    this.#outside = outside;
    const written = this.#read(scene.rules);
    const later = (scene.later ?? []).flatMap((text) => this.#read(text));
    for (const rule of [...defaultRules(scene.world, written, later), ...written]) this.#keep(rule);
    this.#replicas = new Map(
      scene.world.services.flatMap(({ name: service, versions }) =>
        versions.map(({ name, ready, replicas }) => [`${service}/${name}`, ready ? replicas : 0]),
      ),
    );
  }

  /** Every object with its namespace. */
  rules(): RuleObject[] {
    return [...this.#rules.values()];
  }

  /** Adds or replaces; YAML text. */
  apply(rules: string): void {
    for (const rule of this.#read(rules)) this.#keep(rule);
  }

  /** @param names `VirtualService service-a` */
  delete(names: readonly string[]): void {
    for (const [key, { kind, metadata }] of this.#rules) {
      if (names.includes(`${kind} ${metadata.name}`)) this.#rules.delete(key);
    }
  }

  /** @param replicas by `service/version` */
  scale(replicas: Readonly<Record<string, number>>): void {
    for (const [version, count] of Object.entries(replicas)) {
      if (!this.#replicas.has(version)) throw new Error(`scale: the world has no version ${version}`);
      this.#replicas.set(version, count);
    }
  }

  replicas(service: string, version: string): number {
    return this.#replicas.get(`${service}/${version}`) ?? 0;
  }

  /** Those that are there and ready. */
  endpoints(): Part[] {
    return this.world.services.flatMap((service) =>
      service.versions.flatMap((version) =>
        Array.from({ length: this.#replicas.get(`${service.name}/${version.name}`) ?? 0 }, (_, i) => ({
          service: service.name,
          version: version.name,
          endpoint: `${version.name}-${i}`,
          misbehavior: version.env.ECHO ?? '',
        })),
      ),
    );
  }

  labels({ service, version }: Part): Readonly<Record<string, string>> {
    const versions = this.world.services.find(({ name }) => name === service)?.versions;
    return versions?.find(({ name }) => name === version)?.labels ?? {};
  }

  /** Puts the outside's address into a text that names it. */
  withOutside(text: string): string {
    const { address, port } = this.#outside;
    return text.replaceAll('OUTSIDE_ADDRESS', address).replaceAll('OUTSIDE_PORT', String(port));
  }

  /** Takes it back out. */
  withoutOutside(text: string): string {
    const { address, port } = this.#outside;
    return text.replaceAll(`${address}:${port}`, 'OUTSIDE_ADDRESS:OUTSIDE_PORT');
  }

  #keep(rule: RuleObject): void {
    const namespace = rule.metadata.namespace ?? this.world.namespace;
    const { kind, metadata } = rule;
    const [group] = rule.apiVersion.split('/');
    // Two groups have a Gateway each.
    this.#rules.set(`${kind} ${namespace}/${metadata.name} ${group}`, {
      ...rule,
      metadata: isOfNoNamespace.has(kind) ? metadata : { ...metadata, namespace },
    });
  }

  #read(text: string): RuleObject[] {
    const { objects } = readObjects({ file: 'rules', text: this.withOutside(text) });
    return objects.map(({ value }) => value as RuleObject);
  }
}
