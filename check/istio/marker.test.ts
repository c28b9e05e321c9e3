import { expect, it } from 'vitest';
import { isMarkedWith, routeMarkers } from './marker.ts';

it('marks each kind of routes by a route of that kind, whose listener is new with each value', () => {
  const [service, gateway, ...routes] = routeMarkers(
    ['HTTPRoute', 'GRPCRoute'],
    'slot-system',
    'gateway-slot',
    '7',
  );
  expect(service).toMatchObject({ kind: 'Service', spec: { selector: { istio: 'gateway-slot' } } });
  expect(gateway).toMatchObject({
    kind: 'Gateway',
    spec: { listeners: [{ name: 'httproute-7' }, { name: 'grpcroute-7' }] },
  });
  expect(routes.map(({ kind }) => kind)).toEqual(['Service', 'HTTPRoute', 'Service', 'GRPCRoute']);
  expect(routes[1]?.spec).toMatchObject({
    parentRefs: [{ sectionName: 'httproute-7' }, { kind: 'Service' }],
  });
});

it('needs nothing where no kind of routes is there', () => {
  expect(routeMarkers([], 'slot-system', 'gateway-slot', '7')).toEqual([]);
});

it('is seen by the body of an answer, or by its header', () => {
  expect(isMarkedWith('7', { body: '7', headers: [] })).toBe(true);
  expect(isMarkedWith('7', { body: '', headers: [['x-check-marker', '7']] })).toBe(true);
  expect(isMarkedWith('8', { body: '7', headers: [['x-check-marker', '7']] })).toBe(false);
  expect(isMarkedWith('7', { body: '', headers: [['x-other', '7']] })).toBe(false);
});
