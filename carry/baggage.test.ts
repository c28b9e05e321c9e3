import fc from 'fast-check';
import { expect, it } from 'vitest';
import { baggageMember, boundedBaggage } from './baggage.ts';
import { takeIn } from './carried-headers.ts';

it.each([
  ['project-version=v1', 'v1'],
  ['user=zack, project-version=v1;ttl=3', 'v1'],
  [' project-version = v1 ,user=1', 'v1'],
  ['project-version=v%31', 'v1'],
  ['project-version=%', '%'],
  ['project-version=a=b', 'a=b'],
  ['project-version=', ''],
  ['x-project-version=v1', undefined],
  ['project-version', undefined],
  ['user=1;project-version=v1', undefined],
  ['', undefined],
])('of %j the colour is %j', (baggage, color) => {
  expect(baggageMember(baggage, 'project-version')).toBe(color);
});

const members = (count: number, value = '1') => Array.from({ length: count }, (_, i) => `k${i}=${value}`);
const mine = 'project-version=v1;p=1';

it.each([
  ['what everybody carries', [...members(63), mine].join(','), [...members(63), mine]],
  ['one too many', [...members(64), mine].join(', '), [mine, ...members(63)]],
  ['one too many, without a colour', members(65).join(','), members(64)],
  ['too long', [...members(10, 'x'.repeat(1_000)), mine].join(','), [mine, ...members(8, 'x'.repeat(1_000))]],
  [
    'a colour twice',
    ['project-version=v1', ...members(64), 'project-version=v2'].join(','),
    ['project-version=v1', ...members(63)],
  ],
])('%s', (_, baggage, expected) => {
  expect(boundedBaggage(baggage, 'project-version').split(',')).toEqual(expected);
});

it('is never too much, keeps the colour, and keeps the order of the others', () => {
  const member = fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,400}$/));
  const all = fc.array(
    member.map(([key, value]) => `${key}=${value}`),
    { maxLength: 90, size: 'max' },
  );
  fc.assert(
    fc.property(all, fc.nat(), (others, at) => {
      const before = others.toSpliced(at % (others.length + 1), 0, mine);
      const after = boundedBaggage(before.join(','), 'project-version');
      const kept = after.split(',');
      expect(after.length).toBeLessThanOrEqual(8_192);
      expect(kept.length).toBeLessThanOrEqual(64);
      expect(baggageMember(after, 'project-version')).toBe('v1');
      const rest = kept.filter((one) => one !== mine);
      expect(rest).toEqual(others.slice(0, rest.length));
    }),
  );
});

it('is cut off where it comes in', () => {
  const baggage = [...members(64), mine].join(',');
  expect(takeIn({ baggage: [baggage, 'more=1'] }, ['baggage'])).toEqual({
    baggage: [mine, ...members(63)].join(','),
  });
});
