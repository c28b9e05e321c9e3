import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import '../../test/property-seed.ts';
import { stringify } from 'yaml';
import { ruleFiles } from '../../lanes/generate/files.ts';
import { parseLanes } from '../../lanes/lanes.ts';
import { effectName, takes } from './effect.ts';
import { diffOf } from './testing/effects-of.ts';

vi.setConfig({ testTimeout: 120_000 });

interface World {
  dialect: 'istio' | 'gateway';
  links: boolean;
  web: readonly string[];
  api: readonly string[];
}

const colors = ['v1', 'v2', 'v3'];
const some = fc.subarray(colors);
const dialect = fc.constantFrom<World['dialect']>('istio', 'gateway');

/** The rules that this kit makes for lanes, in either dialect. */
function rulesOf({ dialect, links, web, api }: World): string {
  const lanes = parseLanes(
    stringify({
      namespace: 'shop',
      dialect,
      ...(links && dialect === 'istio' && { links: { domain: 'localhost' } }),
      services: {
        web: { port: 8080, calls: 'api', run: 'service-a', versions: ['release', ...web] },
        api: { port: 8081, run: 'service-b', versions: ['release', ...api] },
      },
    }),
  );
  const objects = ruleFiles(lanes).flatMap((file) => file.objects);
  return objects.map(({ comment: _, ...object }) => stringify(object)).join('---\n');
}

const world = fc.record({ dialect, links: fc.boolean(), web: some, api: some });
const runs = { numRuns: 12 };

it('applying what is there changes nothing', () =>
  fc.assert(
    fc.property(world, (one) => {
      const rules = rulesOf(one);
      expect(diffOf(rules, rules)).toMatchObject({ changes: [], effects: [], versions: [] });
    }),
    runs,
  ));

it('a lane that is added takes nothing from anybody, and taking it away is what is told', () =>
  fc.assert(
    fc.property(world, fc.constantFrom('web' as const, 'api' as const), (one, service) => {
      const before = rulesOf(one);
      const after = rulesOf({ ...one, [service]: [...one[service], 'new'] });
      const added = diffOf(before, after).effects;
      expect(added.filter(takes)).toEqual([]);
      expect(added.map(effectName)).toContain(`${service}/new`);
      const lost = diffOf(after, before).effects.filter(takes);
      expect(lost.map(({ type }) => type)).toContain('lane-lost');
      // With links the lane has a link at web, whichever service has the version.
      expect(lost.map(effectName).filter((name) => name !== 'web/new' && name !== 'api/new')).toEqual([]);
    }),
    // What /.lane/v3 answers to who asks for a lane that goes is about that lane.
    { ...runs, examples: [[{ dialect: 'istio', links: true, web: ['v3'], api: [] }, 'web']] },
  ));

it('there and back are mirror images', () =>
  fc.assert(
    fc.property(world, world, (one, other) => {
      const [a, b] = [rulesOf(one), rulesOf({ ...other, dialect: one.dialect })];
      const [there, back] = [diffOf(a, b), diffOf(b, a)];
      expect(there.versions).toEqual(
        back.versions.map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before })),
      );
      const of = (effects: typeof there.effects, type: string) =>
        effects
          .filter((effect) => effect.type === type)
          .map(effectName)
          .sort();
      for (const what of ['lane', 'link', 'subset', 'host']) {
        expect(of(there.effects, `${what}-lost`)).toEqual(of(back.effects, `${what}-added`));
        expect(of(there.effects, `${what}-added`)).toEqual(of(back.effects, `${what}-lost`));
      }
    }),
    runs,
  ));
