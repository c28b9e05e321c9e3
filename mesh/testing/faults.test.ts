import { afterEach, expect, test } from 'vitest';
import { startApp, startWorld, toB, virtualService, type World } from './test-world.ts';

let world: World;
afterEach(() => world.close());

const route = (fault: string) => virtualService(`- { fault: ${fault}, ${toB} }`);

test('an abort answers in the place of the service', async () => {
  const app = await startApp('v1');
  world = await startWorld([app], route('{ abort: { httpStatus: 555, percentage: { value: 100 } } }'));
  expect(await world.call('http://b/')).toMatchObject({ status: 555, body: 'fault filter abort' });
  expect(world.log[0]).toMatchObject({ flags: ['FI'], details: 'fault_filter_abort' });
  expect(app.seen).toEqual([]);
});

test('a percentage of requests is aborted, the others pass', async () => {
  let draw = 0;
  const yaml = route('{ abort: { httpStatus: 500, percentage: { value: 30 } } }');
  world = await startWorld([await startApp('v1')], yaml, { random: () => draw });
  const statuses = [];
  for (draw of [0.1, 0.29, 0.3, 0.9]) statuses.push((await world.call('http://b/')).status);
  expect(statuses).toEqual([500, 500, 200, 200]);
});

test('a delay comes first, and the time-out of the route does not count it', async () => {
  const yaml = route('{ delay: { fixedDelay: 600ms, percentage: { value: 100 } } }, timeout: 500ms');
  world = await startWorld([await startApp('v1')], yaml);
  expect(await world.call('http://b/')).toMatchObject({ status: 200, body: 'v1' });
  expect(world.log[0]).toMatchObject({ flags: ['DI'] });
  expect(world.log[0]?.durationMs).toBeGreaterThanOrEqual(599);
});

test('delay and abort together: first the one, then the other', async () => {
  const yaml = route(
    '{ delay: { fixedDelay: 20ms, percentage: { value: 100 } }, abort: { httpStatus: 400, percentage: { value: 100 } } }',
  );
  world = await startWorld([await startApp('v1')], yaml);
  expect(await world.call('http://b/')).toMatchObject({ status: 400 });
  expect(world.log[0]?.flags).toEqual(['DI', 'FI']);
});
