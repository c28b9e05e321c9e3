/** Programs that speak gRPC, by grpc-js, in lanes: routed by colour at every hop, on both ways to their sidecar. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GrpcClients } from '../../check/agent/grpc.ts';
import { parseLanes } from '../../lanes/lanes.ts';
import { readRules } from '../../lanes/rules.ts';
import { type LocalLanes, startLocalLanes } from '../../local/local-lanes.ts';

// Each test starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Answers who it is; asks whom API_URL names before, and carries the colour on. */
const program = `
import { Client, Metadata, Server, ServerCredentials, credentials } from ${JSON.stringify(import.meta.resolve('@grpc/grpc-js'))};
const { SERVICE_NAME, PROJECT_VERSION, API_URL, PORT, HOST } = process.env;
const path = '/workshop.Trail/Ask';
const write = (value) => Buffer.from(JSON.stringify(value));
const read = (bytes) => JSON.parse(bytes.toString());
const own = SERVICE_NAME + '/' + PROJECT_VERSION;
const api = API_URL && new Client(new URL(API_URL).host, credentials.createInsecure());
const server = new Server();
server.addService(
  { ask: { path, requestStream: false, responseStream: false, requestSerialize: write, requestDeserialize: read, responseSerialize: write, responseDeserialize: read } },
  {
    ask: ({ metadata }, answer) => {
      if (!api) return answer(null, [own]);
      const onward = new Metadata();
      for (const color of metadata.get('project-version')) onward.add('project-version', color);
      api.makeUnaryRequest(path, write, read, {}, onward, (error, value) => answer(error, value && [own, ...value]));
    },
  },
);
server.bindAsync(HOST + ':' + PORT, ServerCredentials.createInsecure(), () => {});
`;

const node = JSON.stringify(process.execPath);
let folder: string;
let local: LocalLanes | undefined;
let clients: GrpcClients;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpc-'));
  await writeFile(join(folder, 'program.mjs'), program);
  clients = new GrpcClients();
});
afterEach(async () => {
  clients.close();
  await local?.stop(0);
  local = undefined;
  await rm(folder, { recursive: true });
});

async function start(services: string): Promise<LocalLanes> {
  const lanes = parseLanes(`services:\n${services}`, join(folder, 'lanes.yaml'));
  const { rules } = await readRules(undefined, lanes);
  local = await startLocalLanes({ lanes, rules, watch: false });
  await local.settled;
  return local;
}

it.each([
  ['a local address that leads through the sidecar (ports: true)', 'ports: true, '],
  ['http_proxy, by CONNECT', ''],
])('calls by %s', async (_, ports) => {
  const { mesh } = await start(`
  web: { port: 50051, protocol: grpc, calls: api, ${ports}run: [${node}, program.mjs], versions: [release, v1] }
  api: { port: 50052, protocol: grpc, run: [${node}, program.mjs], versions: [release, v1, v2] }`);
  const ask = async (color: string) => {
    const headers = [['host', 'web.example'] as const, ['project-version', color] as const];
    const at = { address: '127.0.0.1', port: mesh.gateway.port, method: 'POST', target: '' };
    const how = { http: 'grpc', times: 1, concurrency: 1, connection: 'keep-alive' } as const;
    const { body, error } = await clients.send({ ...at, ...how, headers, body: '' }, 10_000);
    return error ?? (JSON.parse(body) as string[]).join(' > ');
  };
  expect(await ask('v1')).toBe('web/v1 > api/v1');
  expect(await ask('v2')).toBe('web/release > api/v2');
  expect(await ask('nobody')).toBe('web/release > api/release');
});

it('says which stand-in does not speak it', async () => {
  await expect(start('  api: { port: 1, protocol: grpc, versions: [release] }')).rejects.toThrow(
    'lanes.yaml:2: services.api.protocol: grpc: release is a stand-in, which speaks HTTP/1.1 only: give it "run" or "url"',
  );
});
