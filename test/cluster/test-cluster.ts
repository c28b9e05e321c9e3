/** The cluster that the test runs on, and what it does to it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pWaitFor from 'p-wait-for';
import { Cluster } from '../../cluster/cluster.ts';
import { loadImages } from '../../cluster/kind.ts';
import { addLane, type LaneTarget, removeLane } from '../../cluster/lane-steps.ts';
import { Shell } from '../../cluster/shell.ts';
import type { LaneService, Lanes } from '../../lanes/lanes.ts';
import { probe } from '../../lanes/probe.ts';

const timeoutSeconds = 180;

interface TestClusterOptions {
  kindName: string;
  lanes: Lanes;
  url: string;
  host?: string;
  requestsPerSecond: number;
  signal: AbortSignal;
}

export class TestCluster {
  readonly kindName: string;
  readonly lanes: Lanes;
  /** The gateway. */
  readonly url: string;
  /** By which its services are asked there; undefined: by any. */
  readonly host: string | undefined;
  /** Of what is sent while something happens. */
  readonly requestsPerSecond: number;
  readonly cluster: Cluster;
  readonly shell: Shell;

  constructor(options: TestClusterOptions) {
    this.kindName = options.kindName;
    this.lanes = options.lanes;
    this.url = options.url;
    this.host = options.host;
    this.requestsPerSecond = options.requestsPerSecond;
    this.shell = new Shell({ dryRun: false, say: () => {}, signal: options.signal });
    this.cluster = new Cluster(`kind-${options.kindName}`, this.shell);
  }

  /** The same cluster, asked for other lanes. */
  of(lanes: Lanes, door: { url?: string; host?: string } = {}): TestCluster {
    const { kindName, url, requestsPerSecond, shell } = this;
    return new TestCluster({ kindName, lanes, url, requestsPerSecond, signal: shell.signal, ...door });
  }

  get namespace(): string {
    return this.lanes.namespace;
  }

  service(name: string): LaneService {
    const service = this.lanes.services.find((candidate) => candidate.name === name);
    if (!service) throw new Error(`lanes.yaml has no ${name}`);
    return service;
  }

  /** kubectl in the lanes' namespace. */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl(['--namespace', this.namespace, ...args]);
  }

  apply(manifest: string): Promise<string> {
    return this.cluster.kubectl(['apply', '--filename', '-'], { input: manifest });
  }

  helm(...args: readonly string[]): Promise<string> {
    return this.cluster.helm(['--namespace', this.namespace, ...args]);
  }

  async addLane(service: string, version: string): Promise<void> {
    const settings = { replicas: 1, env: {}, labels: {} };
    await addLane(this.target(service, version), settings).run(this.shell);
  }

  async removeLane(service: string, version: string): Promise<void> {
    await removeLane(this.target(service, version)).run(this.shell);
  }

  target(service: string, version: string): LaneTarget {
    return {
      context: this.cluster.context,
      lanes: this.lanes,
      service: this.service(service),
      version,
      timeoutSeconds: timeoutSeconds,
    };
  }

  /** Until the Deployment has what it wants, and no more. */
  async rolledOut(name: string): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${name}`, `--timeout=${timeoutSeconds}s`);
  }

  /** Until this version of the service answers its colour at the gateway. */
  async serves(service: string, version: string): Promise<void> {
    const answers = async () => {
      const target = { url: this.url, header: this.lanes.header };
      const { trail } = await probe(target, { color: version, host: this.host });
      return trail?.some((hop) => hop.service === service && hop.version === version) ?? false;
    };
    const message = `${service} ${version} does not answer its colour`;
    const timeout = { milliseconds: timeoutSeconds * 1000, message };
    await pWaitFor(answers, { interval: 100, timeout, signal: this.shell.signal });
  }

  /** That of a service's baseline. */
  image(service: string): Promise<string> {
    return this.kubectl(
      ...['get', `deployment/${service}-release`],
      ...['-o', 'jsonpath={.spec.template.spec.containers[?(@.name=="app")].image}'],
    );
  }

  /** Another image for a service's baseline, in the node already. */
  async newImage(service: string): Promise<string> {
    const current = await this.image(service);
    const image = current.replace(/:[^:/]+$/, `:rollout-${Date.now()}`);
    await this.shell.run('docker', ['tag', current, image]);
    await loadImages(this.shell, this.kindName, [image]);
    return image;
  }

  /** kill -9 of the app's process in the one pod of a version, from the node: no one inside may. */
  async killProcess(service: string, version: string): Promise<void> {
    const uid = await this.kubectl(
      ...['get', 'pods', '--selector', `app=${service},version=${version}`],
      ...['-o', 'jsonpath={.items[0].metadata.uid}'],
    );
    const ofPod = `${uid}|${uid.replaceAll('-', '_')}`;
    const script = `for p in /proc/[0-9]*; do
      grep -qE '${ofPod}' $p/cgroup 2>/dev/null && grep -qz '^PROJECT_VERSION=' $p/environ && kill -9 \${p#/proc/} && echo killed
    done; true`;
    // The process of a container that was only just started may not be there yet.
    for (let tries = 0; tries < 40; tries++) {
      const node = ['exec', `${this.kindName}-control-plane`, 'bash', '-c', script];
      const { stdout } = await execa('docker', node, { cancelSignal: this.shell.signal });
      if (stdout.includes('killed')) return;
      await sleep(250, undefined, { signal: this.shell.signal });
    }
    throw new Error(`no process of ${service} ${version} to kill`);
  }

  /** How often the app of this version's pod was restarted. */
  async restarts(service: string, version: string): Promise<number> {
    const text = await this.kubectl(
      ...['get', 'pods', '--selector', `app=${service},version=${version}`],
      ...['-o', 'jsonpath={.items[0].status.containerStatuses[?(@.name=="app")].restartCount}'],
    );
    return Number(text);
  }
}
