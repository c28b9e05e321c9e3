/** A scene that is up in a slot of a cluster: what is sent, looked at and changed while it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { flagsOf } from '../access-logs.ts';
import type { Reply, RequestBatch } from '../agent/agent.ts';
import type { Arrival } from '../agent/echo.ts';
import { type Outgoing, RulesRefused, type Site } from '../engine.ts';
import type { Caller, LookStep, ProxyTable } from '../format.ts';
import type { Scene } from '../scene.ts';
import { SceneState } from '../scene-state.ts';
import type { KubernetesObject } from './kubernetes.ts';
import { printTable } from './look.ts';
import { scope } from './manifests.ts';
import { marker, routeKinds, routeMarkers } from './marker.ts';
import { back, forth, type SlotNames } from './names.ts';
import type { Slot } from './slot.ts';
import { nobody } from './slot-proxies.ts';
import type { SlotUpstream } from './slot-upstream.ts';

export class SlotSite implements Site {
  readonly #slot: Slot;
  readonly #outbound: Scene['outbound'];
  readonly #state: SceneState;
  readonly #upstream: SlotUpstream;
  #outcomes: Site['outcomes'];

  private constructor(slot: Slot, scene: Scene) {
    this.#slot = slot;
    this.#outbound = scene.outbound;
    this.#state = new SceneState(scene, slot.parts.outside);
    this.#upstream = slot.upstreamOf(scene, this.#state);
  }

  /** Puts the scene up; what is said to rules that are not taken is the answer. */
  static async open(slot: Slot, scene: Scene): Promise<SlotSite | RulesRefused> {
    const site = new SlotSite(slot, scene);
    try {
      await site.#enforce();
      site.#outcomes = scene.upstream === 'pair' ? undefined : await slot.proxies.beginLogs();
      return site;
    } catch (error) {
      await site.close();
      if (error instanceof RulesRefused) return error;
      throw error;
    }
  }

  get names(): SlotNames {
    return this.#slot.names;
  }

  async send(from: Caller, requests: readonly Outgoing[]): Promise<Reply[][]> {
    const { client, elsewhere, outside, node } = this.#slot.parts;
    const session = {
      gateway: outside.session,
      client,
      'other-namespace': elsewhere,
      'no-sidecar': outside.session,
      node,
      nginx: outside.session,
    }[from];
    if (!session) throw new Error(`no caller ${from} here`);
    const batches = await Promise.all(requests.map((request) => this.#batch(from, request)));
    const replies = await session.send(batches);
    return this.#back(replies);
  }

  async takeCalls(ids: readonly string[]): Promise<Record<string, Arrival[]>> {
    return this.#back(await this.#slot.parts.outside.session.takeCalls([...ids]));
  }

  async metrics(): Promise<readonly string[] | undefined> {
    return this.#upstream.metrics();
  }

  async counts(): Promise<Readonly<Record<string, number>> | undefined> {
    return this.#upstream.counts();
  }

  async outcomes(): Promise<Readonly<Record<string, readonly string[]>> | undefined> {
    return this.#outcomes?.();
  }

  async watchFlags(): Promise<() => Promise<string[] | undefined>> {
    const callers = await this.#upstream.callers();
    const outcomes = await this.#slot.proxies.beginLogs(callers);
    return async () => {
      const byProxy = await outcomes();
      return byProxy && Object.values(byProxy).flat().flatMap(flagsOf);
    };
  }

  async look(at: LookStep['look']['at'], table: ProxyTable): Promise<string> {
    const { main, elsewhere, system } = this.#slot.names;
    const pod = {
      gateway: { namespace: system, pod: 'gateway' },
      client: { namespace: main, pod: 'client' },
      'other-namespace': { namespace: elsewhere, pod: 'client' },
    }[at];
    return this.#back(await printTable(this.#slot.parts.api.context, pod, table));
  }

  /** How a person asks the gateway, and looks at the pods. */
  async openAll(fronts: readonly string[]): Promise<{ caller: string; url: string }[]> {
    const { main, elsewhere, system, gatewayLabel } = this.#slot.names;
    const hasRoutes = this.#state.rules().some(({ kind }) => kind === 'HTTPRoute');
    const kinds = `virtualservices,destinationrules${hasRoutes ? ',httproutes,services' : ''}`;
    const names = [
      [this.#state.world.namespace, main],
      ['elsewhere', elsewhere],
      ['istio-system', system],
      ['ingressgateway', gatewayLabel],
    ].map(([from, to]) => `s/\\b${from}\\b/${to}/g`);
    const kubectl = `kubectl --context ${this.#slot.parts.api.context}`;
    return [
      { caller: 'gateway', url: `${kubectl} -n ${system} port-forward pod/gateway 8089:80` },
      { caller: '  then', url: "curl -H 'project-version: …' localhost:8089" },
      ...(await Promise.all(
        fronts.map(async (front, i) => {
          const { pod, port } = await this.#upstream.front(front);
          return {
            caller: 'nginx',
            url: `${kubectl} -n ${main} port-forward pod/${pod} ${8090 + i}:${port}`,
          };
        }),
      )),
      { caller: 'pods', url: `${kubectl} -n ${main} get pods` },
      { caller: 'rules', url: `${kubectl} -n ${main} get ${kinds}` },
      { caller: 'one more', url: `sed '${names.join('; ')}' FILE.yaml | ${kubectl} apply -f -` },
    ];
  }

  async apply(rules: string): Promise<void> {
    this.#state.apply(rules);
    await this.#enforce();
  }

  async delete(names: readonly string[]): Promise<void> {
    this.#state.delete(names);
    await this.#enforce();
  }

  async scale(replicas: Readonly<Record<string, number>>): Promise<void> {
    this.#state.scale(replicas);
    await this.#enforce();
  }

  async close(): Promise<void> {
    await this.#upstream.close();
    this.#slot.onClose();
  }

  async #batch(
    from: Caller,
    { authority, path, port, headers, nginx, ...rest }: Outgoing,
  ): Promise<RequestBatch> {
    const host = this.#forth(this.#state.withOutside(authority));
    const name = host.toLowerCase().replace(/:\d+$/, '');
    const isInside = this.#state.world.services.some((service) => name.split('.')[0] === service.name);
    const { gatewayAddress, outside } = this.#slot.parts;
    const inside = (await this.#upstream.addressOf(name.split('.')[0] ?? '', from)) ?? nobody;
    const address = from === 'gateway' ? gatewayAddress : isInside ? inside : outside.address;
    const at = from === 'nginx' ? await this.#upstream.front(nginx ?? '') : undefined;
    return {
      ...rest,
      address: at?.address ?? address,
      port: at?.port ?? port,
      target: path,
      headers: [['host', host], ...this.#forth(headers)],
    };
  }

  /** Makes the cluster hold what the scene has now, and waits until its proxies do. */
  async #enforce(): Promise<void> {
    const { names, held, proxies } = this.#slot;
    const { main, elsewhere, system, gatewayLabel } = names;
    const value = this.#slot.nextChange();
    const routes = routeKinds.filter((kind) => this.#state.rules().some((rule) => rule.kind === kind));
    const objects = [...(await this.#upstream.objects()), ...(this.#state.rules() as KubernetesObject[])];
    const visible = [main, elsewhere, system];
    const scopes = [main, elsewhere].map((name) => scope(name, visible, this.#outbound));
    const { witness } = this.#upstream;
    const markers = [
      ...marker(main, gatewayLabel, value, witness !== undefined),
      ...routeMarkers(routes, system, gatewayLabel, value),
    ];
    await held.hold([...scopes, ...this.#forth(objects)], markers, () => this.#upstream.settle());
    const callers = await this.#upstream.callers();
    const change = { marker: value, routes, witness };
    await Promise.all([proxies.untilTold(change, callers), this.#upstream.reachable()]);
    await sleep(200);
  }

  /** The scene's names in this slot's. */
  #forth<T>(value: T): T {
    return forth(value, this.#slot.names, this.#state.world.namespace);
  }

  #back<T>(value: T): T {
    const text = this.#state.withoutOutside(JSON.stringify(value));
    return back(JSON.parse(text) as T, this.#slot.names, this.#state.world.namespace);
  }
}
