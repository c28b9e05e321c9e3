import { expect, it } from 'vitest';
import { joinHops } from '../trace/join.ts';
import { hop } from '../trace/testing.ts';
import type { TrafficView } from './protocol.ts';
import { requestView } from './request-view.ts';
import { Subscriber } from './subscriber.ts';

function listening() {
  const outlet = {
    writableNeedDrain: false,
    written: [] as string[],
    write: (text: string) => outlet.written.push(text) > 0,
  };
  return { outlet, subscriber: new Subscriber(outlet) };
}

const request = (id: string, status = 200) =>
  requestView(joinHops([hop('gateway > a/v1', 'v1', { requestId: id, status })]));

function trafficOf(text = ''): TrafficView {
  return JSON.parse(/event: traffic\ndata: (.*)\n/.exec(text)?.[1] ?? 'null') as TrafficView;
}

it('tells of a state once, the newest', () => {
  const { outlet, subscriber } = listening();
  subscriber.state('edges', []);
  subscriber.state('sending', null);
  subscriber.state('edges', [{ from: 'a', to: 'b', perSecond: 1, share: 1, errorShare: 0, p50: 1, p95: 1 }]);
  subscriber.flush();
  subscriber.flush();
  expect(outlet.written).toHaveLength(1);
  expect(outlet.written[0]).toMatch(
    /^event: edges\ndata: \[\{"from":"a".*\n\nevent: sending\ndata: null\n\n$/,
  );
});

it('tells of some requests whole, and of the others how many went where', () => {
  const { outlet, subscriber } = listening();
  for (let i = 0; i < 1_000; i++) subscriber.request(request(`r${i}`));
  subscriber.flush();
  const { requests, skipped, flows } = trafficOf(outlet.written[0]);
  expect(requests.length + skipped).toBe(1_000);
  expect(requests.length).toBeLessThan(100);
  expect(flows).toEqual([{ from: 'gateway', to: 'a/v1', color: 'v1', count: skipped }]);
});

it('leaves out what went well rather than what failed', () => {
  const { outlet, subscriber } = listening();
  for (let i = 0; i < 100; i++) subscriber.request(request(`r${i}`));
  subscriber.request(request('failed', 503));
  subscriber.flush();
  expect(trafficOf(outlet.written[0]).requests.map(({ id }) => id)).toContain('failed');
});

it('keeps a bounded part for a page that does not read', () => {
  const { outlet, subscriber } = listening();
  outlet.writableNeedDrain = true;
  for (let i = 0; i < 10_000; i++) subscriber.request(request(`r${i}`, 503));
  subscriber.flush();
  subscriber.ping();
  expect(outlet.written).toEqual([]);
  outlet.writableNeedDrain = false;
  subscriber.flush();
  expect(outlet.written.join('').length).toBeLessThan(30_000);
  expect(trafficOf(outlet.written[0]).skipped).toBeGreaterThan(9_900);
});
