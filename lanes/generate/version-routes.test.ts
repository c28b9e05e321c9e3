/** The rules made for a colour in baggage decide by it, and the gateway writes it there. */
import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../carry/color-carrier.ts';
import { changeHeaders } from '../../mesh/proxy/headers.ts';
import { decide } from '../../mesh/routing/decide.ts';
import type { ProxyIdentity } from '../../mesh/routing/decision.ts';
import { buildTable } from '../../mesh/routing/table.ts';
import { parseLanes } from '../lanes.ts';

import { registryAsWritten } from '../registry.ts';
import { generatedRules } from '../rules.ts';

/** Asks for the entry at the gateway, or for `b` beside `a`: the version that gets it, and the baggage that it gets. */
function asking(carrier: Carrier, where: 'gateway' | 'sidecar') {
  const lanes = parseLanes(`
carrier: ${carrier}
services:
  a: { port: 80, calls: b, versions: [release, v1, v2] }
  b: { port: 81, versions: [release, v1, v3] }
`);
  const { rules, remarks } = generatedRules(lanes);
  expect(remarks).toEqual([]);
  const proxy: ProxyIdentity =
    where === 'gateway'
      ? { type: where, name: where, namespace: 'istio-system', labels: { istio: 'ingressgateway' } }
      : { type: where, name: 'a/release', namespace: 'coloring', labels: { app: 'a', version: 'release' } };
  const table = buildTable(rules, registryAsWritten(lanes), proxy, { outboundTrafficPolicy: 'ALLOW_ANY' });
  const target = where === 'gateway' ? { authority: 'x', port: 80 } : { authority: 'b:81', port: 81 };

  return (headers: Record<string, string>) => {
    const head = { method: 'GET', path: '/', scheme: 'http' as const, ...target, headers };
    const decision = decide(table, head, () => 0);
    if (decision.type !== 'forward') throw new Error(decision.type);
    const lines = Object.entries(headers).flat();
    changeHeaders(lines, decision.requestHeaders);
    const baggage = lines.filter((_, i) => i % 2 === 1 && lines[i - 1] === 'baggage');
    return [/\|(?:81|80)\|([^|]*)\|/.exec(decision.cluster)?.[1], ...baggage];
  };
}

const color = (value: string) => ({ 'project-version': value });
const inBaggage = (baggage: string) => ({ baggage });
const full = Array.from({ length: 64 }, (_, i) => `k${i}=1`).join(',');

describe.each(['baggage', 'both'] as const)('carrier %s, at the gateway', (carrier) => {
  const ask = asking(carrier, 'gateway');

  it.each([
    ['no colour', {}, ['release']],
    ['no colour, other members', inBaggage('user=1'), ['release', 'user=1']],
    ['a colour', color('v1'), ['v1', 'project-version=v1']],
    ['a colour that only others have', color('v3'), ['release', 'project-version=v3']],
    ['-', color('-'), ['release']],
    ['a malformed one', color('A, B'), ['release']],
    [
      'a colour and other members',
      { ...color('v1'), ...inBaggage('user=1') },
      ['v1', 'user=1', 'project-version=v1'],
    ],
    [
      'the same twice',
      { ...color('v1'), ...inBaggage('u=1,project-version=v1') },
      ['v1', 'u=1,project-version=v1'],
    ],
    [
      'two that differ: the header',
      { ...color('v1'), ...inBaggage('u=1,project-version=v2') },
      ['v1', 'project-version=v1'],
    ],
    ['no room: the colour counts', { ...color('v1'), ...inBaggage(full) }, ['v1', 'project-version=v1']],
    ['baggage alone', inBaggage('u=1, project-version = v2;p=1'), ['v2', 'u=1, project-version = v2;p=1']],
    ['baggage and -', { ...color('-'), ...inBaggage('project-version=v2') }, ['v2', 'project-version=v2']],
    [
      'a malformed header beside it',
      { ...color('V2'), ...inBaggage('project-version=v2') },
      ['release', 'project-version=v2'],
    ],
  ])('%s', (_, headers, expected) => {
    expect(ask(headers)).toEqual(expected);
  });
});

describe.each(['baggage', 'both'] as const)('carrier %s, at a sidecar', (carrier) => {
  const ask = asking(carrier, 'sidecar');

  it.each([
    ['project-version=v3', 'v3'],
    ['u=1,project-version=v3', 'v3'],
    ['u=1 , project-version = v3 ; p=1 ,w=2', 'v3'],
    ['project-version=v2', 'release'],
    ['project-version=v31', 'release'],
    ['x-project-version=v3', 'release'],
    ['u=project-version=v3', 'release'],
    ['u=1;project-version=v3', 'release'],
    ['', 'release'],
  ])('baggage %j leads to %s, as it came', (baggage, version) => {
    expect(ask({ baggage })).toEqual([version, baggage]);
  });

  it('the header counts where it is a carrier too, and then before baggage', () => {
    expect(ask(color('v1'))).toEqual([carrier === 'both' ? 'v1' : 'release']);
    expect(ask({ ...color('v1'), ...inBaggage('project-version=v3') })[0]).toBe(
      carrier === 'both' ? 'v1' : 'v3',
    );
    expect(ask({ ...color('-'), ...inBaggage('project-version=v3') })[0]).toBe('v3');
  });
});

it('refuses another carrier by name', () => {
  expect(() => parseLanes('carrier: cookie\nservices: { a: { port: 80, versions: [v1] } }')).toThrow(
    'carrier: expected one of header, baggage, both',
  );
});
