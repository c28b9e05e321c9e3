/** What holds a computer and its relay together: a relay's real process, and a kubectl of the test that leads there. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import getPort from 'get-port';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listening } from '../../relay/testing/lane.ts';
import { startRelayProcess } from '../../relay/testing/relay-process.ts';
import { Cluster } from '../cluster.ts';
import { Shell } from '../shell.ts';
import { fakeKubectl } from '../testing/fake-kubectl.ts';
import { Link } from './link.ts';

const { signal } = new AbortController();
const session = 'laptop/1/aa';
const object = (kind: string, more: object = {}) => ({
  kind,
  metadata: { name: `b-me-${kind}`, annotations: { 'coloring/local-session': session } },
  ...more,
});
/** What the cluster has of the relay. */
const account = object('ServiceAccount');
const running = [account, object('Job'), object('Pod', { status: { phase: 'Running' } })];
const ended = [account, object('Job', { status: { completionTime: 'x' } })];

/** @param answer of the program on this computer, which is a service of the cluster as well */
async function start(
  items: object[],
  { answer = (_: IncomingMessage, res: ServerResponse) => void res.end('mine') } = {},
) {
  const program = createServer(answer);
  const port = await listening(program);
  const relay = await startRelayProcess();
  const kubectl = await fakeKubectl(
    (folder) => `
case "$*" in
  *" get "*) cat ${folder}/items ;;
  *" port-forward "*) echo 'Forwarding from 127.0.0.1:${relay.streamPort} -> 15100'; exec sleep 1000 ;;
esac
`,
  );
  vi.stubEnv('PATH', kubectl.env.PATH);
  const has = (what: object[]) => writeFile(join(kubectl.folder, 'items'), JSON.stringify({ items: what }));
  await has(items);
  const onTaken = vi.fn();
  const restore = vi.fn(() => has(running));
  const link = new Link({
    cluster: new Cluster('far', new Shell({ dryRun: false, say: () => {}, signal })),
    relay: { namespace: 'shop', release: 'b-me', session },
    ...{ onTaken, restore },
    privateKey: relay.key.privateKey,
    local: { host: '127.0.0.1', port },
  });
  onTestFinished(async () => {
    await link.close();
    await relay[Symbol.asyncDispose]();
    program.closeAllConnections();
    program.close();
    vi.unstubAllEnvs();
    await kubectl.remove();
  });
  return { link, port, relay, onTaken, restore };
}

test('the mesh reaches the program, and the program the mesh, by the proxy and by a port of its own', async () => {
  const { link, port, relay } = await start(running, {
    answer: (req, res) => void res.end(`mine, asked for ${req.headers.host}`),
  });
  await link.until(({ ready }) => ready, 20, signal);
  const asked = await fetch(`http://127.0.0.1:${relay.port}`);
  expect(await asked.text()).toBe(`mine, asked for 127.0.0.1:${relay.port}`);

  const forward = await getPort();
  const proxy = await link.openOutward({
    forwards: [{ localPort: forward, target: { host: '127.0.0.1', port } }],
    proxyAll: true,
    onFailure: () => {},
  });
  const forwarded = await fetch(`http://127.0.0.1:${forward}`);
  expect(await forwarded.text()).toBe(`mine, asked for 127.0.0.1:${port}`);
  const proxied = request(proxy, { path: `http://127.0.0.1:${port}/`, headers: { host: 'b' } }).end();
  const [response] = await once(proxied, 'response');
  expect(await text(response)).toBe('mine, asked for b');
});

test('a port that is in use is named, with another way', async () => {
  const { link, port } = await start(running);
  await link.until(({ connected }) => connected, 20, signal);
  const taken = link.openOutward({
    forwards: [{ localPort: port, target: { host: 'c', port } }],
    proxyAll: false,
    onFailure: () => {},
  });
  await expect(taken).rejects.toThrow(
    new RegExp(`^--forward c:${port}: .*in use.* --forward LOCAL:c:${port}$`),
  );
});

test('a relay that has ended is made anew, once for both connections', async () => {
  const { link, restore, onTaken } = await start(ended);
  await link.until(({ ready }) => ready, 20, signal);
  expect(restore).toHaveBeenCalledTimes(1);
  expect(onTaken).not.toHaveBeenCalled();
});

test('a relay that was taken away is not; what was waited for fails with that', async () => {
  const { link, restore, onTaken } = await start([]);
  await expect(link.until(({ connected }) => connected, 1, signal)).rejects.toThrow(
    'Not within 1 s: b-me has been taken away.',
  );
  expect(onTaken).toHaveBeenCalled();
  expect(restore).not.toHaveBeenCalled();
});

test('who stops waits no longer', async () => {
  const { link } = await start([account, object('Job')]);
  const stop = new AbortController();
  const waits = link.until(({ ready }) => ready, 60, stop.signal);
  stop.abort();
  await expect(waits).rejects.toThrow('aborted');
});
