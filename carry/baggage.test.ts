import { expect, it } from 'vitest';
import { baggageMember } from './baggage.ts';

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
