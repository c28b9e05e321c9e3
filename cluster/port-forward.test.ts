/** The way to a pod, over a kubectl of the test that says where something listens. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Cluster } from './cluster.ts';
import { PortForward } from './port-forward.ts';
import { Shell } from './shell.ts';
import { fakeKubectl } from './testing/fake-kubectl.ts';

const { signal } = new AbortController();

/** A relay that greets each connection, and a kubectl that forwards there for as long as it lives. */
async function start({ greets = true } = {}) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (greets) socket.write('hello\n');
    else socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const kubectl = await fakeKubectl(
    (folder) => `
echo "$$ $*" >> ${folder}/runs
if [ -f ${folder}/error ]; then cat ${folder}/error >&2; exit 1; fi
echo 'Forwarding from 127.0.0.1:${port} -> 15100'
exec sleep 1000
`,
  );
  vi.stubEnv('PATH', kubectl.env.PATH);
  let pod = 'relay-1';
  const cluster = new Cluster('far', new Shell({ dryRun: false, say: () => {}, signal }));
  const forward = new PortForward(cluster, { namespace: 'shop', pod: async () => pod, port: 15_100 });
  onTestFinished(async () => {
    forward.close();
    server.close();
    vi.unstubAllEnvs();
    await kubectl.remove();
  });
  const runs = async () => (await readFile(join(kubectl.folder, 'runs'), 'utf8')).trim().split('\n');
  return {
    forward,
    runs,
    replacePod: (name: string) => {
      pod = name;
    },
    fail: (words: string) => writeFile(join(kubectl.folder, 'error'), words),
  };
}

const greeting = async (forward: PortForward) => {
  const socket = await forward.dial(signal);
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data);
};

test('all connections go by one kubectl, also those that are dialed at once', async () => {
  const { forward, runs } = await start();
  expect(await Promise.all([greeting(forward), greeting(forward)])).toEqual(['hello\n', 'hello\n']);
  expect(await greeting(forward)).toBe('hello\n');
  expect((await runs()).map((run) => run.replace(/^\d+ /, ''))).toEqual([
    '--context far port-forward pod/relay-1 :15100 --address 127.0.0.1 --namespace shop',
  ]);
});

test('another pod, or a kubectl that has ended, is another way', async () => {
  const { forward, runs, replacePod } = await start();
  await greeting(forward);
  replacePod('relay-2');
  await greeting(forward);
  const [, second = ''] = await runs();
  expect(second).toContain('pod/relay-2 ');
  const pid = Number(second.split(' ')[0]);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => {
    await greeting(forward);
    expect(await runs()).toHaveLength(3);
  });
});

test('a way on which nothing was heard is given up', async () => {
  const { forward, runs } = await start({ greets: false });
  const socket = await forward.dial(signal);
  await once(socket, 'close');
  await once(await forward.dial(signal), 'close');
  expect(await runs()).toHaveLength(2);
});

test('who does not want it any more waits no longer for a pod that does not come', async () => {
  const cluster = new Cluster('far', new Shell({ dryRun: false, say: () => {}, signal }));
  const pod = () => new Promise<string>(() => {});
  const forward = new PortForward(cluster, { namespace: 'shop', pod, port: 15_100 });
  const controller = new AbortController();
  const dialed = forward.dial(controller.signal);
  controller.abort(new Error('stopped'));
  await expect(dialed).rejects.toThrow('stopped');
});

test('why there is none is said', async () => {
  const { forward, fail } = await start();
  await fail('error: unable to forward port because pod is not running.');
  await expect(forward.dial(signal)).rejects.toThrow('kubectl port-forward: error: unable to forward port');
  forward.close();
  await expect(forward.dial(signal)).rejects.toThrow('closed');
});
