import { describe, expect, it } from 'vitest';
import { CaseError, parseCase } from './format.ts';

const rule = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-a }
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseCase(text, 'case.yaml');
  } catch (error) {
    if (error instanceof CaseError) return error.problems;
    throw error;
  }
  return [];
}

describe('a case file', () => {
  it('has rules behind its first document, on the lines where they stand', () => {
    const { rules, steps } = parseCase(
      `title: t\nsteps:\n  - { send: {}, expect: { status: 200 } }\n${rule}`,
      'case.yaml',
    );
    expect(rules.split('\n')[4]).toBe('apiVersion: networking.istio.io/v1');
    expect(steps[0]?.place).toEqual({ file: 'case.yaml', line: 3 });
  });

  it('takes a world in the shape of lanes.yaml, whose mistakes have its line', () => {
    const world = 'title: t\nworld:\n  services:\n    one: { port: 80, versions: [v1] }\n';
    expect(parseCase(world, 'case.yaml').world.services.map(({ name }) => name)).toEqual(['one']);
    expect(() => parseCase(world.replace('80', '"x"'), 'case.yaml')).toThrow(
      /^case\.yaml:4: services\.one\.port/,
    );
  });

  it('names line and field of a mistake', () => {
    const steps = 'title: t\nsteps:\n  - send: { path: /x }\n    expect:\n      stattus: 200\n';
    expect(problemsOf(steps)).toEqual([
      expect.stringMatching(/^case\.yaml:5: steps\[0\]\.expect\.stattus: /),
    ]);
    expect(problemsOf('title: t\nsteps:\n  - { expect: { shares: { v1: 90 } } }\n')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.expect\.shares: must be 100 in all/),
    ]);
  });

  it('names line and field of a mistake in each kind of step', () => {
    const step = (text: string) => problemsOf(`title: t\nsteps:\n  - ${text}\n`);
    expect(step('{ look: { at: gateway, table: rules } }')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.look\.table: /),
    ]);
    expect(step('{ certificate: { secret: one } }')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.certificate\.host: /),
    ]);
    expect(step('{ watch: x.json, while: { pat: / }, shows: {} }')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.while\.pat: /),
    ]);
    expect(step('{ send: { http: 3 }, expect: {} }')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.send\.http: /),
    ]);
    expect(step('{ send: { http: 2, tls: true }, expect: {} }')).toEqual([
      expect.stringMatching(/^case\.yaml:3: steps\[0\]\.send\.http: /),
    ]);
  });

  it('is refused when it is no YAML or empty', () => {
    expect(problemsOf('title: [')[0]).toMatch(/^case\.yaml:1: /);
    expect(problemsOf('')[0]).toMatch(/^case\.yaml:1: is empty/);
  });
});
