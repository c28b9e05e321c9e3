import { expect, it } from 'vitest';
import { applyRules, deleteRules } from './applied-rules.ts';

const route = (name: string, subset: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}${more} }
spec: { hosts: [${name}], http: [{ route: [{ destination: { host: ${name}, subset: ${subset} } }] }] }
`;
const inForce = { file: 'rules.yaml', text: `${route('a', 'v1')}---${route('b', 'v1')}` };

it('puts objects in the place of those of the same kind and name, and knows where each stands', () => {
  const file = { file: 'b2.yaml', text: `# more\n${route('b', 'v2', ', namespace: coloring')}` };
  const applied = applyRules(inForce, file, 'coloring');
  if (!applied.ok) throw new Error('refused');
  expect(applied.names).toEqual(['VirtualService coloring/b']);
  expect(
    applied.rules.virtualServices.map(({ name, place }) => `${name} ${place.file}:${place.line}`),
  ).toEqual(['a rules.yaml:2', 'b b2.yaml:3']);
  // What is written is what is in force, and can be applied to again.
  const again = applyRules({ file: 'rules.yaml', text: applied.text }, file, 'coloring');
  expect(again).toMatchObject({ ok: true, names: applied.names });
  expect(applied.text.match(/VirtualService/g)).toHaveLength(2);
});

it('takes nothing where the file, or what people made of the rules, is wrong', () => {
  const wrong = route('b', 'v2').replace('hosts', 'host');
  expect(applyRules(inForce, { file: 'b2.yaml', text: wrong }, 'coloring')).toMatchObject({
    ok: false,
    problems: [{ file: 'b2.yaml', line: 5 }, {}],
  });
  expect(
    applyRules({ ...inForce, text: wrong }, { file: 'b2.yaml', text: route('b', 'v2') }, 'coloring'),
  ).toMatchObject({ ok: false, problems: [{ file: 'rules.yaml' }, {}] });
});

it('takes away what the file names, whatever it says of it, and leaves the rest', () => {
  const file = { file: 'b2.yaml', text: route('b', 'v2', ', namespace: coloring') };
  const left = deleteRules(inForce, file, 'coloring');
  if (!left.ok) throw new Error('refused');
  expect(left.names).toEqual(['VirtualService coloring/b']);
  expect(left.rules.virtualServices.map(({ name }) => name)).toEqual(['a']);
  expect(deleteRules({ file: 'rules.yaml', text: left.text }, file, 'coloring')).toMatchObject({
    ok: false,
    problems: [{ file: 'b2.yaml', line: 1, message: 'none of these is in force: VirtualService coloring/b' }],
  });
  expect(deleteRules(inForce, { file: 'b2.yaml', text: 'a: [' }, 'coloring')).toMatchObject({ ok: false });
});

it('knows the Gateways of two groups apart', () => {
  const gateway = (group: string, spec: string) =>
    `apiVersion: ${group}/v1\nkind: Gateway\nmetadata: { name: g }\nspec: ${spec}\n`;
  const istio = gateway(
    'networking.istio.io',
    "{ selector: { a: b }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }] }",
  );
  const api = gateway(
    'gateway.networking.k8s.io',
    '{ gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP }] }',
  );
  const both = applyRules({ file: 'rules.yaml', text: istio }, { file: 'g.yaml', text: api }, 'coloring');
  if (!both.ok) throw new Error('refused');
  expect(both.rules.gateways).toHaveLength(1);
  expect(both.rules.gatewayApi.gateways).toHaveLength(1);
  const left = deleteRules(
    { file: 'rules.yaml', text: both.text },
    { file: 'g.yaml', text: istio },
    'coloring',
  );
  expect(left).toMatchObject({ ok: true, rules: { gatewayApi: { gateways: [{ name: 'g' }] } } });
});
