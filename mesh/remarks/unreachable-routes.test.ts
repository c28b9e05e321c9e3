import { describe, expect, it } from 'vitest';
import { demo } from '../routing/testing.ts';
import { object, rulesOf } from '../rules/testing.ts';
import { formatRemark, remarks } from './remarks.ts';

const toB = 'route: [{ destination: { host: service-b } }]';
const virtualService = (http: string, rest = '') =>
  object('VirtualService', `hosts: [service-b]\n${rest}\nhttp:\n${http}`);
const unreachable = (...matches: string[]) =>
  remarks(
    rulesOf(virtualService(matches.map((match) => `- { ${match}${match && ', '}${toB} }`).join('\n'))),
    demo,
  ).map((remark) => formatRemark(remark).replace(/^\S+ VirtualService b: (.*) \[.*]$/, '$1'));

describe('a route that is never reached', () => {
  const afterFirst = ['spec.http[1]: never reached: spec.http[0] comes first and takes all its requests'];

  it.each([
    ['', 'match: [{ uri: { exact: /a } }]'],
    ['', ''],
    ['match: [{}]', 'match: [{ uri: { exact: /a } }]'],
    ['match: [{ uri: { exact: /a } }, { uri: { prefix: / } }]', ''],
    ['match: [{ uri: { regex: .* } }]', 'match: [{ headers: { a: {} } }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /ab } }, { uri: { exact: /a/c } }]'],
    ['match: [{ headers: { a: { exact: b } } }]', 'match: [{ headers: { a: { exact: b }, c: {} } }]'],
    ['match: [{ headers: { a: {} } }]', 'match: [{ headers: { a: { exact: b } } }]'],
    ['match: [{ headers: { a: { regex: "b|c" } } }]', 'match: [{ headers: { a: { exact: c } } }]'],
    ['match: [{ sourceLabels: { app: a } }]', 'match: [{ sourceLabels: { app: a, version: v1 } }]'],
    [
      'match: [{ withoutHeaders: { a: {} } }]',
      'match: [{ withoutHeaders: { a: {} }, method: { exact: GET } }]',
    ],
    ['match: [{ gateways: [mesh] }]', 'match: [{ gateways: [mesh], port: 80 }]'],
  ])('%j before %j', (first, second) => expect(unreachable(first, second)).toEqual(afterFirst));

  it.each([
    ['match: [{ uri: { exact: /a } }]', ''],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /A } }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { prefix: /ab }, ignoreUriCase: true }]'],
    ['match: [{ uri: { prefix: /a } }]', 'match: [{ uri: { regex: /a } }]'],
    [
      'match: [{ headers: { a: { exact: b } } }]',
      'match: [{ headers: { a: { exact: c } } }, { headers: { a: { exact: b } } }]',
    ],
    ['match: [{ headers: { a: { exact: b } } }]', 'match: [{ headers: { a: {} } }]'],
    ['match: [{ withoutHeaders: { a: { exact: b } } }]', 'match: [{ withoutHeaders: { a: {} } }]'],
    ['match: [{ port: 80 }]', 'match: [{ port: 81 }]'],
    ['match: [{ sourceLabels: { app: a } }]', ''],
    ['match: [{ gateways: [mesh] }]', 'match: [{ method: { exact: GET } }]'],
  ])('not %j before %j', (first, second) => expect(unreachable(first, second)).toEqual([]));

  it('names the route that takes its requests', () => {
    expect(unreachable('match: [{ uri: { exact: /a } }]', 'name: all', 'match: [{ port: 1 }]')).toEqual([
      'spec.http[2]: never reached: spec.http[1] (all) comes first and takes all its requests',
    ]);
  });

  it('costs little with a thousand versions', () => {
    const versions = Array.from(
      { length: 1000 },
      (_, i) => `match: [{ headers: { project-version: { exact: v${i} } } }]`,
    );
    expect(
      unreachable(...versions, 'match: [{ headers: { project-version: { exact: v500 } } }]', ''),
    ).toEqual(['spec.http[1000]: never reached: spec.http[500] comes first and takes all its requests']);
  });
});
