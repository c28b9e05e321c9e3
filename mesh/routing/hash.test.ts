import { describe, expect, it } from 'vitest';
import type { RouteHash } from './decision.ts';
import { decided, tableOf } from './testing.ts';

const byUser = '{ consistentHash: { httpHeaderName: x-user } }';
const byTeam = '{ consistentHash: { httpHeaderName: x-team } }';
const atPort = (loadBalancer: string) =>
  `portLevelSettings: [{ port: { number: 32000 }, loadBalancer: ${loadBalancer} }]`;

interface Policies {
  host?: string;
  subset?: string;
}

/** What is hashed by the sidecar of service-a for requests to service-b. */
function hashed(policies: Policies, routes?: string): RouteHash {
  const virtualService = `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b }
spec: { hosts: [service-b], http: [{ route: [${routes}] }] }`;
  const rules = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: service-b }
spec:
  host: service-b
  ${trafficPolicy(policies.host)}
  subsets:
    - name: one
      ${trafficPolicy(policies.subset)}
    - name: two
${routes ? virtualService : ''}`;
  const decision = decided(tableOf({ rules }));
  if (decision.type !== 'forward') throw new Error(decision.type);
  return decision.hash;
}

function trafficPolicy(fields: string | undefined): string {
  return fields === undefined ? '' : `trafficPolicy: { ${fields} }`;
}

const header = (name: string) => ({ type: 'header', name });
const toOne = '{ destination: { host: service-b, subset: one } }';
const toOneAtPort = '{ destination: { host: service-b, subset: one, port: { number: 32000 } } }';

describe('one destination', () => {
  it('hashes what the policy of the host says', () =>
    expect(hashed({ host: `loadBalancer: ${byUser}` }, toOne).by).toEqual([header('x-user')]));

  it('hashes what the subset says before that', () =>
    expect(hashed({ host: `loadBalancer: ${byUser}`, subset: `loadBalancer: ${byTeam}` }, toOne).by).toEqual([
      header('x-team'),
    ]));

  it('looks at a port level only where it names the port', () => {
    expect(hashed({ host: atPort(byUser) }, toOne).by).toEqual([]);
    expect(hashed({ host: atPort(byUser) }, toOneAtPort).by).toEqual([header('x-user')]);
    expect(hashed({ subset: atPort(byTeam) }, toOne).by).toEqual([]);
    expect(hashed({ subset: atPort(byTeam) }, toOneAtPort).by).toEqual([header('x-team')]);
  });

  it('takes the host of a port level without hash for one that says nothing', () =>
    expect(
      hashed({ host: `loadBalancer: ${byUser}, ${atPort('{ simple: RANDOM }')}` }, toOneAtPort).by,
    ).toEqual([header('x-user')]));

  it('has retries keep the endpoint where it hashes', () => {
    expect(hashed({ host: `loadBalancer: ${byUser}` }, toOne).keepsEndpoint).toBe(true);
    expect(hashed({}, toOne).keepsEndpoint).toBe(false);
  });
});

describe('a split', () => {
  const split = (weight: number) =>
    `{ destination: { host: service-b, subset: one }, weight: ${weight} }, { destination: { host: service-b, subset: two }, weight: 1 }`;

  it('hashes what each of its destinations says, but for those of weight 0', () => {
    const policies = { host: `loadBalancer: ${byUser}`, subset: `loadBalancer: ${byTeam}` };
    expect(hashed(policies, split(1)).by).toEqual([header('x-team'), header('x-user')]);
    expect(hashed(policies, split(0)).by).toEqual([header('x-user')]);
  });

  it('leaves retries free', () =>
    expect(hashed({ host: `loadBalancer: ${byUser}` }, split(1)).keepsEndpoint).toBe(false));
});

describe('no VirtualService', () => {
  it('hashes by the port that is called, and leaves retries free', () =>
    expect(hashed({ host: atPort(byUser) })).toEqual({ by: [header('x-user')], keepsEndpoint: false }));
});
