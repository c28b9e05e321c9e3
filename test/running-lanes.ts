/** Lanes that run for a test: real processes, real HTTP, and rules in a folder that the test may edit. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLanes } from '../lanes/lanes.ts';
import { readTrail } from '../lanes/trail.ts';
import { type LocalLanes, startLocalLanes } from '../local/local-lanes.ts';
import type { LocalFeed } from '../map/local/feed.ts';
import type { OutboundTrafficPolicy, ReloadResult } from '../mesh/mesh.ts';

export interface RunningLanes extends LocalLanes {
  /** A copy of the rules, which are in force; an edit applies at once. */
  rules: string;
  /** The next reload from now on. */
  nextReload(): Promise<ReloadResult>;
}

/** Runs these lanes under a copy of these rules, on free ports, until all are ready. `feed`: for a map of them. */
export async function runLanes(
  lanesFile: string,
  rulesFolder: string,
  outboundTrafficPolicy: OutboundTrafficPolicy = 'ALLOW_ANY',
  feed?: LocalFeed,
): Promise<RunningLanes> {
  const rules = await mkdtemp(join(tmpdir(), 'rules-'));
  await cp(rulesFolder, rules, { recursive: true });
  const waiting: ((result: ReloadResult) => void)[] = [];
  const lanes = await readLanes(lanesFile);
  const local = await startLocalLanes({
    lanes,
    rules,
    defaultNamespace: lanes.namespace,
    watch: true,
    outboundTrafficPolicy,
    onAccessLog: feed?.onAccessLog,
    onChange: feed?.onChange,
    onReload: (result) => {
      feed?.onReload(result);
      for (const wake of waiting.splice(0)) wake(result);
    },
  });
  await local.settled;
  return {
    ...local,
    rules,
    nextReload: () => new Promise((wake) => waiting.push(wake)),
    stop: async () => {
      await local.stop(0);
      await rm(rules, { recursive: true });
    },
  };
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** `service-a/release -> service-b/release-v3` with the colour that arrived: `service-a/release(release-v3) …`. */
  trail: string;
}

export interface Asked {
  /** Several values of one name are sent on several lines. */
  headers?: Record<string, string | string[]>;
  path?: string;
  method?: string;
  /** URL of a sidecar: the request goes through it, to `to`. Absent: to the gateway. */
  through?: string;
  /** `http://service-b:32000` */
  to?: string;
}

/** Sends one request to the gateway, or through a sidecar. */
export function ask(
  lanes: LocalLanes,
  { headers, path = '/', method, through, to }: Asked = {},
): Promise<Reply> {
  const url = new URL(through ?? lanes.mesh.gateway.url);
  const target = to ? new URL(path, to) : undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = httpRequest(
    {
      host: url.hostname,
      port: url.port,
      method,
      path: target?.href ?? path,
      headers: { accept: 'application/json', ...(target && { host: target.host }), ...headers },
      agent: false,
    },
    (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body, trail: trailOf(body) }),
      );
    },
  );
  request.on('error', reject);
  request.end();
  return promise;
}

function trailOf(body: string): string {
  const hops = readTrail(body) ?? [];
  return hops.map(({ service, version, color }) => `${service}/${version}(${color})`).join(' -> ');
}
