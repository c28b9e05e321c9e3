/**
 * The colour as a member of baggage, through programs that know nothing of it: OpenTelemetry's own instrumentation
 * carries it, in the middle of three services in the local mesh. `test/opentelemetry/install` fetches what they need.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderLanes, traceLanes } from '../../lanes/lane-table.ts';
import { parseLanes } from '../../lanes/lanes.ts';
import { readRules } from '../../lanes/rules.ts';
import { type LocalLanes, startLocalLanes } from '../../local/local-lanes.ts';
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';
import { projectFile } from '../../runtime/project.ts';

// A JVM with the agent takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const here = projectFile('test/opentelemetry');
const tools = join(here, '.tools');

interface Program {
  command: readonly string[];
  env?: Record<string, string>;
  /** Without it the program cannot run. */
  needs: string;
}

const programs: Record<string, Program> = {
  'the Java agent, on the HttpServer and HttpClient of the JDK': {
    command: [
      'java',
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      `-javaagent:${tools}/opentelemetry-javaagent.jar`,
      `${here}/java/Middle.java`,
    ],
    env: {
      // it takes a program that is run from its source for a tool of the JDK
      OTEL_JAVAAGENT_ENABLED: 'true',
      // of all that it knows the two that this program uses: a quicker start
      OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false',
      OTEL_INSTRUMENTATION_JAVA_HTTP_SERVER_ENABLED: 'true',
      OTEL_INSTRUMENTATION_JAVA_HTTP_CLIENT_ENABLED: 'true',
    },
    needs: 'opentelemetry-javaagent.jar',
  },
  'opentelemetry-instrument of Python, on Flask and requests': {
    command: [
      `${tools}/python/bin/opentelemetry-instrument`,
      `${tools}/python/bin/python`,
      `${here}/python/middle.py`,
    ],
    needs: 'python/bin/opentelemetry-instrument',
  },
  'auto-instrumentations-node, on node:http and fetch': {
    command: [
      process.execPath,
      '--require',
      '@opentelemetry/auto-instrumentations-node/register',
      `${here}/node/middle.cjs`,
    ],
    env: { NODE_PATH: `${tools}/node_modules` },
    needs: 'node_modules',
  },
  'otelhttp, in a program of Go': { command: [`${tools}/go-middle`], needs: 'go-middle' },
};

/** The propagators are the default ones: W3C trace context and baggage. */
const noExport = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

let local: LocalLanes | undefined;
let heard: (entry: AccessLogEntry) => void = () => {};
afterEach(async () => {
  await local?.stop(0);
  local = undefined;
});

async function start({ command, env }: Program): Promise<LocalLanes> {
  const run = (program: Pick<Program, 'command' | 'env'>) => JSON.stringify(program);
  const web = [process.execPath, `--import=${projectFile('carry/register.ts')}`, `${here}/node/middle.cjs`];
  const lanes = parseLanes(
    `
carrier: baggage
services:
  web: { port: 80, calls: middle, run: ${run({ command: web })}, versions: [release, v1] }
  middle: { port: 81, calls: db, run: ${run({ command, env: { ...noExport, ...env } })}, versions: [release] }
  db: { port: 82, versions: [release, v1, v2] }
`,
    join(here, 'lanes.yaml'),
  );
  const { rules } = await readRules(undefined, lanes);
  const told: string[] = [];
  local = await startLocalLanes({
    lanes,
    rules,
    onAccessLog: (entry) => heard(entry),
    onOutput: ({ service }, line) => told.push(`${service.name} ${line}`),
  });
  await local.settled;
  if (local.replicas.some(({ process }) => !process.ready)) throw new Error(told.join('\n'));
  return local;
}

for (const [name, program] of Object.entries(programs)) {
  const missing = !existsSync(join(tools, program.needs));
  describe.skipIf(missing)(`${name} (needs test/opentelemetry/install)`, () => {
    it('carries the colour: the law holds at every hop', async () => {
      const { lanes, ask, mesh } = await start(program);
      // the first request through an agent loads half of it
      await vi.waitUntil(async () => (await fetch(mesh.gateway.url)).status === 200, {
        timeout: 90_000,
        interval: 500,
      });
      const rows = await traceLanes(lanes, (question) => ask(question, '/'));
      const table = renderLanes(lanes, rows)
        .split('\n')
        .slice(0, rows.length + 1)
        .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
      expect(table).toEqual([
        'project-version | web | middle | db',
        '✓ | none | release | release | release',
        '✓ | v1 | v1 | release ↩ | v1',
        '✓ | v2 | release ↩ | release ↩ | v2',
        '✓ | release-v9 | release ↩ | release ↩ | release ↩',
      ]);

      const atDb = new Promise<AccessLogEntry>((resolve) => {
        heard = (entry) => entry.proxy === 'middle/release' && resolve(entry);
      });
      const headers = { 'project-version': 'v2', baggage: 'user=zack, tier=gold' };
      await fetch(mesh.gateway.url, { headers });
      const { upstreamHeaders } = await atDb;
      const members = upstreamHeaders.flatMap((name, i) =>
        i % 2 === 0 && name === 'baggage' ? (upstreamHeaders[i + 1] ?? '').split(',') : [],
      );
      // the other members are carried beside it; in which order is each one's own affair
      expect(members.map((member) => member.trim()).sort()).toEqual([
        'project-version=v2',
        'tier=gold',
        'user=zack',
      ]);
    });
  });
}
