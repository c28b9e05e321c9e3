/** A path has one owner (routing/path.ts): what the proxy does with any bytes is what decide and explain say. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decide } from '../routing/decide.ts';
import { explain } from '../routing/explain.ts';
import { answersTo } from './raw.ts';
import { atGateway, startApp, startWorld, type World } from './test-world.ts';

const rules = atGateway(`
    - match: [{ uri: { prefix: /a } }]
      rewrite: { uri: /b }
      route: [{ destination: { host: b } }]
    - match: [{ uri: { regex: ".*%2.*" } }]
      directResponse: { status: 418 }
    - match: [{ uri: { prefix: / } }]
      route: [{ destination: { host: b } }]
`);

let world: World;
beforeAll(async () => {
  const app = await startApp('v1', (req, res) => res.end(`<${req.url}>`));
  world = await startWorld([app], rules);
});
afterAll(() => world.close());

const pieces = [
  '/',
  '.',
  '%',
  '2',
  'e',
  '65',
  '%2e',
  '%00',
  ';',
  '\\',
  '^',
  '|',
  '#',
  '?',
  'a',
  'b',
  '\x7f',
  '\xe9',
];
const path = fc
  .oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((some) => some.join('')),
    // Any byte but those that end a request line.
    fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
  )
  .map((rest) => `/${rest}`);

it('any bytes as a path: the proxy, decide and explain come to the same', async () => {
  const table = world.mesh.table(world.mesh.gatewayIdentity);
  await fc.assert(
    fc.asyncProperty(path, async (path) => {
      const head = { method: 'GET', path, authority: 'x', scheme: 'http', port: 80, headers: {} } as const;
      const decision = decide(table, head, () => 0);
      expect(explain(table, head).decision).toEqual(decision);
      const bytes = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const answer = await answersTo(world.mesh.gateway.url, bytes);
      const [, status, arrived] = /^HTTP\/1\.1 (\d+)[\s\S]*?(?:<(.*)>)?$/.exec(answer) ?? [];
      const did = arrived ?? Number(status);
      // Bytes that no URL has end a request before it has a path.
      if (/[^\x21-\x7e]/.test(path)) expect(did).toBe(400);
      else if (decision.type === 'forward') expect(did).toBe(decision.path);
      else expect(did).toBe(decision.type === 'direct' ? decision.status : 400);
    }),
    { numRuns: 150 },
  );
});
