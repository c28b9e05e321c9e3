import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, RouteIndex } from './header-index.ts';
import { conditionsOf } from './match.ts';
import { RequestView } from './request.ts';
import { request } from './testing.ts';

const names = ['project-version', 'end-user'] as const;
const value = fc.constantFrom('v1', 'v2', 'v3', '');
const condition = fc.oneof(
  { weight: 5, arbitrary: value.map((exact) => ({ type: 'exact' as const, value: exact })) },
  fc.constant({ type: 'present' as const }),
  fc.constant({ type: 'prefix' as const, value: 'v' }),
);
const headers = fc.dictionary(fc.constantFrom(...names), condition, { noNullPrototype: true });

/** Routes that mostly ask for an exact value of the same header, so that runs form and are broken. */
const routes = fc
  .array(
    fc.record({ headers, withoutHeaders: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, headers) }),
    {
      maxLength: 25,
    },
  )
  .map((entries) =>
    entries.map((entry, position) => ({
      position,
      conditions: conditionsOf({
        place: { file: 'test', line: 1 },
        ignoreUriCase: false,
        headers: new Map(Object.entries(entry.headers)),
        withoutHeaders: new Map(Object.entries(entry.withoutHeaders)),
        queryParams: new Map(),
        sourceLabels: {},
      }),
    })),
  );
const head = fc
  .dictionary(fc.constantFrom(...names), fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })))
  .map((sent) => new RequestView(request({ headers: sent })));

describe('the index by header', () => {
  it('finds what a plain loop finds', () =>
    fc.assert(
      fc.property(routes, fc.array(head, { minLength: 1, maxLength: 5 }), (list, heads) => {
        const index = new RouteIndex(list);
        for (const sent of heads) expect(index.first(sent)).toBe(list.find((route) => matches(route, sent)));
      }),
      { numRuns: 500 },
    ));

  it('does not look at the routes for other values', () => {
    let asked = 0;
    const list = Array.from({ length: 1000 }, (_, i) => ({
      conditions: [
        {
          exactHeader: { name: 'project-version', value: `v${i}` },
          holds: (sent: RequestView) => {
            asked += 1;
            return sent.header('project-version').includes(`v${i}`);
          },
          complaint: () => '',
        },
      ],
    }));
    const found = new RouteIndex(list).first(
      new RequestView(request({ headers: { 'project-version': 'v900' } })),
    );
    expect(found).toBe(list[900]);
    expect(asked).toBe(1);
  });
});
