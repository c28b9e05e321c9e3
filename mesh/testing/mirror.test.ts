import { afterEach, expect, test } from 'vitest';
import { startApp, startWorld, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const mirrored = (percent: number) => `
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: { name: b }
spec:
  host: b
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
${virtualService(`
    - route: [{ destination: { host: b, subset: v1 } }]
      mirror: { host: b, subset: v2 }
      mirrorPercentage: { value: ${percent} }
`)}`;

test('the mirror gets the request with its body, the caller the first answer only', async () => {
  let got: (body: string) => void = () => {};
  const mirror = new Promise<string>((resolve) => {
    got = resolve;
  });
  const v2 = await startApp('v2', async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    res.writeHead(500).end('mirror');
    got(body);
  });
  world = await startWorld([await startApp('v1'), v2], mirrored(100));
  const answer = await world.call('http://b/x', { method: 'POST', body: 'text', headers: { host: 'b:80' } });
  expect(answer).toMatchObject({ status: 200, body: 'v1' });
  expect(await mirror).toBe('text');
  expect(v2.seen[0]).toMatchObject({ url: '/x', method: 'POST' });
  expect(v2.seen[0]?.headers.host).toBe('b:80');
  expect(world.log).toHaveLength(1);
});

test('a mirror that is not there hurts nobody', async () => {
  const v2 = await startApp('v2');
  await v2.close();
  world = await startWorld([await startApp('v1'), { ...v2, close: async () => {} }], mirrored(100));
  for (let i = 0; i < 5; i++)
    expect(await world.call('http://b/')).toMatchObject({ status: 200, body: 'v1' });
});

test('a percentage is mirrored', async () => {
  const v2 = await startApp('v2');
  let i = 0;
  world = await startWorld([await startApp('v1'), v2], mirrored(25), { random: () => (i++ % 8) / 8 });
  for (let n = 0; n < 80; n++) await world.call('http://b/');
  await expect.poll(() => v2.seen.length).toBeGreaterThan(0);
  expect(v2.seen.length).toBeLessThan(60);
});
