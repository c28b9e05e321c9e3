import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type FakeKubectl, fakeKubectl } from '../../cluster/testing/fake-kubectl.ts';
import type { LoggedHop } from '../../trace/hop.ts';
import type { LoggedProxy } from '../../trace/live/proxies.ts';
import { istioFormat, lineReader } from '../../trace/log-format.ts';
import { HopStream } from './hop-stream.ts';

const patient = { timeout: 20_000 };

/** `kubectl --context test logs --follow POD …`: tells all that there is, and then the connection breaks. */
const kubectl = (folder: string) => `
echo "$*" >> '${folder}/asked'
if [ "$5" = secret ]; then echo 'Error from server (Forbidden): pods "secret" is forbidden' >&2; exit 1; fi
cat '${folder}/log'
echo 'error: unexpected EOF' >&2; exit 1
`;

let fake: FakeKubectl;
let folder: string;
beforeEach(async () => {
  fake = await fakeKubectl(kubectl);
  ({ folder } = fake);
  vi.stubEnv('PATH', fake.env.PATH);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

async function log(seconds: number, id: string): Promise<void> {
  const at = `2026-01-01T00:00:0${seconds}.000000000Z`;
  const values: Record<string, string> = { START_TIME: at, 'REQ(X-REQUEST-ID)': id };
  const line = istioFormat.replace(/%([^%]+)%/g, (_, name: string) => values[name] ?? '-');
  await appendFile(join(folder, 'log'), `${at} ${line}\n`);
}

const proxy = (pod: string, namespace: string): LoggedProxy => ({
  namespace,
  pod,
  type: 'sidecar',
  party: { service: 'a', instance: pod },
});
const nobody = { at: () => undefined, route: () => undefined };

it('goes on where a connection broke, and tells of no hop twice', async () => {
  const hops: LoggedHop[] = [];
  const stream = new HopStream('test', { onHop: (hop) => hops.push(hop), onRefused: () => {} });
  await log(1, 'first');
  stream.follow([proxy('a-1', 'shop')], lineReader({ header: 'project-version' }), nobody);
  const ids = () => hops.map(({ requestId }) => requestId);
  await expect.poll(ids, patient).toEqual(['first']);
  await log(2, 'second');
  await expect.poll(ids, patient).toEqual(['first', 'second']);
  stream.close();
});

it('names a namespace whose logs may not be read', async () => {
  let told = 0;
  const stream = new HopStream('test', { onHop: () => {}, onRefused: () => told++ });
  stream.follow([proxy('secret', 'vault')], lineReader({ header: 'project-version' }), nobody);
  await expect
    .poll(() => stream.refused, patient)
    .toEqual(['no right to read logs in namespace vault (pods/log): its proxies are not seen']);
  expect(told).toBe(1);
  stream.close();
});
