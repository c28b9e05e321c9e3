/** Whatever a rule is written like: an edit does to its routes what it says, and to no other line anything. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Edit } from '../protocol.ts';
import { editRule } from './edit-rule.ts';

const target = { name: 'b', namespace: 'n', defaultNamespace: 'n' };
const rule = 'VirtualService n/b';

type Route = Record<string, unknown>;

/** A line of the file, and what it is about: `0` the first route, `0 fault` a field of it; ``: none of them. */
interface Line {
  text: string;
  about: string;
}

const values: Record<string, { block: string[]; flow: string; value: unknown }> = {
  name: { block: [' b/x'], flow: 'b/x', value: 'b/x' },
  timeout: { block: [' 3s'], flow: '3s', value: '3s' },
  fault: {
    block: ['', '  abort:', '    httpStatus: 503', '    percentage: { value: 5 }'],
    flow: '{ abort: { httpStatus: 503, percentage: { value: 5 } } }',
    value: { abort: { httpStatus: 503, percentage: { value: 5 } } },
  },
  mirror: {
    block: ['', '  host: b', '  subset: y'],
    flow: '{ host: b, subset: "y" }',
    value: { host: 'b', subset: 'y' },
  },
  mirrorPercentage: { block: [' { value: 7 }'], flow: '{ value: 7 }', value: { value: 7 } },
  route: {
    block: ['', '  - destination:', '      host: b', '      subset: x'],
    flow: '[{ destination: { host: b, subset: x } }]',
    value: [{ destination: { host: 'b', subset: 'x' } }],
  },
};

const style = fc.record({
  fields: fc.shuffledSubarray(Object.keys(values).filter((field) => field !== 'route')),
  routeAt: fc.nat(5),
  isFlow: fc.boolean(),
  flowFields: fc.boolean(),
  dashAlone: fc.boolean(),
  commaBehind: fc.boolean(),
  above: fc.nat(2),
  below: fc.nat(1),
  between: fc.boolean(),
  behind: fc.boolean(),
  blank: fc.boolean(),
});
type Style = typeof style extends fc.Arbitrary<infer One> ? One : never;

function fieldsOf({ fields, routeAt }: Style): string[] {
  return fields.toSpliced(Math.min(routeAt, fields.length), 0, 'route');
}

function linesOf(one: Style, index: number): Line[] {
  const names = fieldsOf(one);
  const lines: Line[] = [];
  const add = (text: string, field = '') => lines.push({ text, about: `${index} ${field}` });
  const behind = one.behind ? ' # behind, it' : '';
  for (let i = 0; i < one.above; i++) add(`    # above, ${index} ${i}`);
  if (one.isFlow) {
    add('    - {');
    for (const [i, name] of names.entries()) {
      if (one.between) add(`        # between, ${index} ${name}`);
      const comma = i < names.length - 1 || one.commaBehind ? ',' : '';
      add(`        ${name}: ${values[name]?.flow}${comma}${behind}`, name);
    }
    add('      }');
  } else {
    if (one.dashAlone) add('    -');
    for (const [i, name] of names.entries()) {
      if (one.between && (i > 0 || one.dashAlone)) add(`      # between, ${index} ${name}`);
      const lead = i === 0 && !one.dashAlone ? '    - ' : '      ';
      const { block, flow } = values[name] ?? { block: [], flow: '' };
      const written = one.flowFields ? [` ${flow}`] : block;
      for (const [j, text] of written.entries())
        add(j === 0 ? `${lead}${name}:${text}${behind}` : `      ${text}`, name);
    }
  }
  if (one.below) lines.push({ text: `      # below ${index}`, about: '' });
  if (one.blank) lines.push({ text: '', about: '' });
  return lines;
}

const edit = fc.oneof(
  fc.record({ type: fc.constant('remove' as const) }),
  fc.record({ type: fc.constantFrom('no-fault' as const, 'no-mirror' as const) }),
  fc.record({ type: fc.constant('fault' as const), delayMs: fc.constant(2_000), percent: fc.constant(9) }),
  fc.record({ type: fc.constant('mirror' as const), subset: fc.constant('z'), percent: fc.constant(9) }),
  fc.record({
    type: fc.constant('destinations' as const),
    destinations: fc.constantFrom(
      [{ subset: 'z', weight: 100 }],
      [
        { subset: 'x', weight: 30 },
        { subset: 'z', weight: 70 },
      ],
    ),
  }),
  fc.record({
    type: fc.constant('add' as const),
    color: fc.constant('c'),
    header: fc.constant('h'),
    host: fc.constant('b'),
    subset: fc.constant('z'),
  }),
);
type Change = typeof edit extends fc.Arbitrary<infer One> ? One : never;

/** What the edit means, said without any text. */
function edited(routes: Route[], index: number, change: Change): Route[] {
  const now = routes[index] ?? {};
  const set = (fields: Route) => {
    const all = Object.entries({ ...now, ...fields });
    return routes.with(index, Object.fromEntries(all.filter(([, value]) => value !== undefined)));
  };
  switch (change.type) {
    case 'remove':
      return routes.toSpliced(index, 1);
    case 'no-fault':
      return set({ fault: undefined });
    case 'no-mirror':
      return set({ mirror: undefined, mirrorPercentage: undefined });
    case 'fault':
      return set({ fault: { delay: { percentage: { value: 9 }, fixedDelay: '2s' } } });
    case 'mirror':
      return set({ mirror: { host: 'b', subset: 'z' }, mirrorPercentage: { value: 9 } });
    case 'destinations': {
      const isSplit = change.destinations.length > 1;
      const route = change.destinations.map(({ subset, weight }) => ({
        destination: { host: 'b', subset },
        ...(isSplit && { weight }),
      }));
      return set({ route, name: now.name && (isSplit ? 'b/x+z' : 'b/z') });
    }
    case 'add': {
      const match = [{ headers: { h: { exact: 'c' } } }];
      const route = [{ destination: { host: 'b', subset: 'z' } }];
      return routes.toSpliced(index, 0, { name: 'b/z', match, route });
    }
  }
}

/** The fields that it is about; of `remove` the whole route. */
const abouts: Record<Change['type'], readonly string[]> = {
  remove: ['', ...Object.keys(values)],
  add: [],
  fault: ['fault'],
  'no-fault': ['fault'],
  mirror: ['mirror', 'mirrorPercentage'],
  'no-mirror': ['mirror', 'mirrorPercentage'],
  destinations: ['route', 'name'],
};

/** A dash and a comma come and go with what stands beside them; a field may be put between a value and its comment. */
function partsOf(line: string): { said: string; comment: string } {
  const [, said = '', comment = ''] =
    /^([^#]*?),?\s*(#.*)?$/.exec(line.replace(/^( *)-(?= |$)/, '$1 ')) ?? [];
  return { said: said.trimEnd(), comment };
}

it('an edit does what it says, and keeps every line and comment that it is not about', () => {
  fc.assert(
    fc.property(
      fc.array(style, { minLength: 2, maxLength: 3 }),
      fc.nat(2),
      edit,
      fc.record({ isCrlf: fc.boolean(), endsInALine: fc.boolean() }),
      (styles, at, change, { isCrlf, endsInALine }) => {
        const index = at % styles.length;
        const end = isCrlf ? '\r\n' : '\n';
        const head = [
          'kind: VirtualService',
          'metadata: { name: b }',
          'spec:',
          '  hosts: [b]',
          '  http: # all',
        ];
        const lines = [
          ...head.map((text) => ({ text, about: '' })),
          ...styles.flatMap(linesOf),
          { text: '  # the end', about: '' },
        ];
        const text = lines.map((line) => line.text).join(end) + (endsInALine ? end : '');
        const after = editRule(text, target, { rule, route: index, ...change } as Edit);

        const routes = styles.map((one) =>
          Object.fromEntries(fieldsOf(one).map((field) => [field, values[field]?.value])),
        );
        expect(parse(after).spec.http).toEqual(edited(routes, index, change));
        if (isCrlf) expect(after.replaceAll('\r\n', '')).not.toContain('\n');

        const left = after.split(end).map(partsOf);
        let from = 0;
        for (const line of lines.filter(
          ({ about }) => !abouts[change.type].some((field) => about === `${index} ${field}`),
        )) {
          const { said, comment } = partsOf(line.text);
          const found = left.findIndex(
            (one, i) => i >= from && one.said.startsWith(said) && one.comment === comment,
          );
          expect(found, `${line.text}\nin\n${after}`).not.toBe(-1);
          from = found + 1;
        }
      },
    ),
  );
});
