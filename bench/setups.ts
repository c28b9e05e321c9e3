/** What is measured: each setup is a pair of services, and what may lie between the client and them. */
import getPort from 'get-port';
import { projectFile } from '../runtime/project.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';

export interface Setup {
  /** Where the client sends its requests. */
  url: string;
  programs: readonly MeasuredProcess[];
}

/** By the name that the table shows. */
export const setups = {
  'node:http + undici': () =>
    pair([projectFile('bench/peers/bare.ts')], [projectFile('bench/peers/bare.ts')]),
  'koa + axios': () =>
    pair([projectFile('bench/peers/koa-axios.ts')], [projectFile('bench/peers/koa-axios.ts')]),
  'this pair': () =>
    pair([projectFile('services/service-a/main.ts')], [projectFile('services/service-b/main.ts')]),
  'this pair, reverse proxies': () => pairBehind('bench/peers/reverse-proxy.ts'),
  'this pair, local mesh': () => pairBehind('bench/peers/local-mesh.ts'),
} as const;

export type SetupName = keyof typeof setups;

/** What one setup has to reach of another's requests per second, in the same run. */
export const goals: readonly { of: SetupName; against: SetupName; atLeast: number }[] = [
  { of: 'this pair', against: 'node:http + undici', atLeast: 0.5 },
  { of: 'this pair, local mesh', against: 'this pair, reverse proxies', atLeast: 0.7 },
];

async function pair(a: readonly string[], b: readonly string[]): Promise<Setup> {
  const serviceB = await startMeasured(b, { PORT: '0' });
  const serviceA = await startMeasured(a, {
    PORT: '0',
    SERVICE_B_URL: origin(serviceB.listening.port),
  });
  return { url: origin(serviceA.listening.port), programs: [serviceA, serviceB] };
}

/** Client -> gateway -> service-a -> sidecar -> service-b; gateway and sidecar are the one program `proxies`. */
async function pairBehind(proxies: string): Promise<Setup> {
  const [portA, portB] = [await getPort(), await getPort()];
  const between = await startMeasured([projectFile(proxies)], {
    SERVICE_A: origin(portA),
    SERVICE_B: origin(portB),
  });
  const version = { PROJECT_VERSION: 'release-v1' };
  const serviceB = await startMeasured([projectFile('services/service-b/main.ts')], {
    ...version,
    PORT: String(portB),
  });
  const serviceA = await startMeasured([projectFile('services/service-a/main.ts')], {
    ...version,
    PORT: String(portA),
    HTTP_PROXY: origin(between.listening.sidecar),
  });
  return { url: origin(between.listening.port), programs: [between, serviceA, serviceB] };
}

function origin(port: unknown): string {
  return `http://127.0.0.1:${port}`;
}
