import { expect, it } from 'vitest';
import { applyRules } from './applied-rules.ts';

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
