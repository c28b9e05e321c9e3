import { describe, expect, it } from 'vitest';
import { supportedFields } from './supported.ts';

const fields = new Map(supportedFields().map((field) => [`${field.kind} ${field.field}`, field]));

describe('supportedFields', () => {
  it.each([
    ['VirtualService spec.http[].match[].headers{}.exact', 'run', undefined],
    ['VirtualService spec.http[].match[].statPrefix', 'accepted', 'a prefix for the names of statistics'],
    ['VirtualService spec.http[].corsPolicy', 'refused', 'no CORS filter'],
    ['DestinationRule spec.subsets[].trafficPolicy.loadBalancer.simple', 'run', 'refused: PASSTHROUGH'],
    ['ServiceEntry spec.addresses', 'accepted', 'the local mesh finds an outside host by its name'],
    ['Gateway spec.servers[].tls.credentialName', 'refused', 'the local mesh speaks no TLS'],
    ['EnvoyFilter spec.configPatches[].patch.value.route.cluster', 'run', undefined],
  ])('%s is %s', (name, status, note) => {
    expect(fields.get(name)).toMatchObject({ status, ...(note ? { note } : {}) });
  });

  it('lists every field once', () => expect(fields.size).toBe(supportedFields().length));

  it('gives a reason for each that is not run', () => {
    expect([...fields.values()].filter(({ status, note }) => status !== 'run' && !note)).toEqual([]);
  });
});
