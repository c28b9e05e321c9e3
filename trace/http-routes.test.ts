import { expect, it } from 'vitest';
import { httpRouteSpecs } from './http-routes.ts';
import { routeColors } from './route-colors.ts';

const toB = { group: '', kind: 'Service', name: 'b' };

function colors(...specs: { name: string; spec: object }[]) {
  const routes = specs.map(({ name, spec }) => ({ metadata: { namespace: 'shop', name }, spec }));
  return Object.fromEntries(routeColors(httpRouteSpecs(routes), 'color'));
}

const lane = (color: string, rule: object = {}) => ({
  name: `b-${color}`,
  spec: {
    parentRefs: [toB],
    rules: [{ name: `b.${color}`, matches: [{ headers: [{ name: 'Color', value: color }] }], ...rule }],
  },
});
const baseline = { name: 'b', spec: { parentRefs: [toB], rules: [{ backendRefs: [{ name: 'b' }] }] } };

it('knows a lane by its header, and of the baseline what it cannot be', () =>
  expect(colors(baseline, lane('v1'), lane('v2'))).toEqual({
    'b.v1': { matched: { color: 'v1' } },
    'b.v2': { matched: { color: 'v2' } },
    'shop.b.0': { matched: { noneOf: ['v1', 'v2'] } },
  }));

it('takes a rule for itself that a path or a method may bring before lanes', () => {
  const call = { matches: [{ method: { service: 'demo' }, headers: [{ name: 'Color', value: 'v1' }] }] };
  expect(colors(lane('v2', call), baseline)['shop.b.0']).toEqual({});
  const path = {
    name: 'far',
    spec: { parentRefs: [toB], rules: [{ matches: [{ path: { value: '/far' } }] }] },
  };
  expect(colors(path, lane('v1'))['shop.far.0']).toEqual({});
});

it('sees who gives the request a colour, or takes it away', () => {
  const filters = [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['color'] } }];
  expect(colors(lane('v1', { filters }))).toEqual({ 'b.v1': { matched: { color: 'v1' }, sets: true } });
  const backendRefs = [
    { name: 'b', filters: [{ requestHeaderModifier: { set: [{ name: 'color', value: 'v2' }] } }] },
  ];
  expect(colors(lane('v1', { backendRefs }))['b.v1']).toMatchObject({ sets: true });
});
