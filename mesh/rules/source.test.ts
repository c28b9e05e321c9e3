import { describe, expect, it } from 'vitest';
import { readObjects } from './source.ts';

const read = (text: string) => readObjects({ file: 'f.yaml', text });
const values = (text: string) => read(text).objects.map(({ value }) => value);
const problems = (text: string) => read(text).problems.map(({ line, message }) => `${line}: ${message}`);

describe('readObjects', () => {
  it('reads documents, leaves empty ones out, and knows the line of every field', () => {
    const { objects } = read('---\n---\na:\n  b:\n    - c: 1\n    - c: 2\n---\n# nothing\n---\nd: 3\n');
    expect(objects.map(({ value }) => value)).toEqual([{ a: { b: [{ c: 1 }, { c: 2 }] } }, { d: 3 }]);
    expect(objects[0]?.place(['a', 'b', 1, 'c'])).toEqual({ file: 'f.yaml', line: 6 });
    expect(objects[0]?.place(['a', 'missing', 'too']).line).toBe(3);
    expect(objects[1]?.place([]).line).toBe(10);
  });

  it('opens lists, in lists too', () => {
    const { objects } = read('kind: List\nitems:\n- a: 1\n- kind: VirtualServiceList\n  items:\n  - b: 2\n');
    expect(objects.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
    expect(objects[1]?.place(['b']).line).toBe(6);
  });

  it('reads JSON, anchors, aliases and merge keys', () => {
    expect(values('{"a": [1, "x"]}')).toEqual([{ a: [1, 'x'] }]);
    const { objects } = read('x: &x { v: 1 }\ny: *x\nz:\n  <<: *x\n  w: 2\n');
    expect(objects[0]?.value).toEqual({ x: { v: 1 }, y: { v: 1 }, z: { v: 1, w: 2 } });
    expect(objects[0]?.place(['y', 'v']).line).toBe(1);
    expect(objects[0]?.place(['z', 'v']).line).toBe(3);
  });

  it('reads scalars as kubectl does', () => {
    expect(values('[yes, On, n, off, 1_000, 0777, -010, 1.0, v1, "yes", 12e]')).toEqual([
      [true, true, false, false, 1000, 511, -8, 1, 'v1', 'yes', '12e'],
    ]);
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', /^3: YAML: Map keys must be unique/],
    ['a:\n\tb: 1\n', /^2: YAML: Tabs/],
    ['a: [1\nb: 2\n', /^2: YAML: /],
    ['a: 1\n---\nb: *nothing\n', /^3: YAML: .*nothing/],
    ['a: !secret x\n', /^1: YAML: .*!secret/],
    ['? [a]\n: 1\n', /^1: YAML: /],
  ])('says where %j is no YAML', (text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  it('tells the first mistakes of what is no YAML at all, and how many more there are', () => {
    const told = problems(`a: ${'['.repeat(500)}\n"\n---\nb: ]`);
    expect(told).toHaveLength(11);
    expect(told.at(-1)).toMatch(/^\d+: YAML: and \d+ more in this file$/);
    const [long] = problems(`a: "b" ${'\u0001'.repeat(5_000)}`);
    expect(long?.length).toBeLessThan(300);
  });

  it('still reads the other documents of a file', () => {
    expect(values('a: [\n---\nb: 1\n')).toEqual([{ b: 1 }]);
  });

  it('does not unfold aliases that multiply without end', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i === 1 ? '' : i - 1}`)
          .join(', ')}]`,
      );
    expect(problems(bomb.join('\n'))[0]).toContain('YAML: Excessive alias count');
  });
});
