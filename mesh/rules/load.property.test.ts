import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { remarks } from '../remarks/remarks.ts';
import { demo as registry } from '../routing/testing.ts';
import { parseRules } from './load.ts';

const istio = join(import.meta.dirname, '../../istio');
const files = ['gateway.yaml', 'service-b.yaml'];
const texts = files.map((file) => readFileSync(join(istio, file), 'utf8'));

/** Never throws, and every problem says where. */
function holds(text: string): void {
  const result = parseRules([{ file: 'f.yaml', text }]);
  const said = result.ok
    ? remarks(result.rules, registry).map(({ place, message }) => ({ ...place, message }))
    : result.problems;
  const lines = text.split(/\r\n|[\r\n]/).length;
  for (const { file, line, message } of said) {
    expect(file).toBe('f.yaml');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(message).not.toBe('');
  }
  if (!result.ok) expect(said.length).toBeGreaterThan(0);
}

/** One object of each kind with many fields, to be spoilt. */
const objects = [
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'b', namespace: 'coloring' },
    spec: {
      hosts: ['b'],
      gateways: ['mesh', 'gw'],
      exportTo: ['.'],
      http: [
        {
          name: 'one',
          match: [
            { uri: { regex: '/a+' }, headers: { a: { exact: 'b' } }, withoutHeaders: { c: {} }, port: 80 },
          ],
          route: [
            {
              destination: { host: 'b', subset: 'v1', port: { number: 80 } },
              weight: 1,
              headers: { request: { set: { a: 'b' } } },
            },
          ],
          timeout: '1s',
          retries: { attempts: 1, retryOn: '5xx,503' },
          fault: { delay: { fixedDelay: '1s', percentage: { value: 1 } }, abort: { httpStatus: 500 } },
          rewrite: { uriRegexRewrite: { match: '(a)', rewrite: '\\1' } },
          mirrors: [{ destination: { host: 'c' } }],
        },
        { redirect: { uri: '/' } },
        { directResponse: { status: 200, body: { bytes: 'YQ==' } } },
      ],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'b' },
    spec: {
      host: 'b',
      trafficPolicy: {
        loadBalancer: { consistentHash: { httpCookie: { name: 'c', ttl: '0s' } } },
        connectionPool: { http: { maxRetries: 1 }, tcp: { connectTimeout: '1s' } },
        outlierDetection: { interval: '1s' },
        portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'DISABLE' } }],
      },
      subsets: [{ name: 'v1', labels: { version: 'v1' } }],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name: 'e' },
    spec: {
      hosts: ['a.com'],
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      resolution: 'STATIC',
      endpoints: [{ address: '1.2.3.4', ports: { http: 1 }, labels: { a: 'b' } }],
    },
  },
];

/** Every path in a value, its own first. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? value.map((item, i) => [i, item] as const) : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

/** A copy with `put` at `path`. */
function spoilt(value: unknown, path: readonly (string | number)[], put: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return put;
  if (Array.isArray(value)) return value.map((item, i) => (i === step ? spoilt(item, rest, put) : item));
  const object = value as Record<string, unknown>;
  return { ...object, [step]: spoilt(object[step], rest, put) };
}

const spoils = objects.flatMap((object) => pathsOf(object).map((path) => ({ object, path })));

const yamlish = fc.array(
  fc.constantFrom(
    ...[
      'apiVersion: networking.istio.io/v1\n',
      'kind: VirtualService\n',
      'kind: Gateway\n',
      'kind: List\n',
      'items:\n',
    ],
    ...[
      'metadata: {name: b}\n',
      'spec:\n',
      '  hosts: [b]\n',
      '  http:\n',
      '  - ',
      'route: ',
      'match: ',
      '- {}\n',
    ],
    ...[
      '---\n',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!!x ',
      '"',
      ': ',
      '\t',
      '\n',
      '|\n',
      '? ',
      '%YAML 1.1\n',
      '~',
      '#',
    ],
  ),
  { maxLength: 25 },
);

describe('any text', () => {
  it('is read or refused with a place', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), holds));
    fc.assert(fc.property(yamlish, (parts) => holds(parts.join(''))));
  });

  it("is, made of the kit's own rules with a piece cut out or put in", () => {
    const at = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        at,
        fc.nat(12),
        fc.string({ maxLength: 4 }),
        (text, where, cut, put) => {
          const start = Math.floor(where * text.length);
          holds(text.slice(0, start) + put + text.slice(start + cut));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('any object', () => {
  it('with one value replaced by any other is read or refused with a place', () => {
    fc.assert(
      fc.property(fc.constantFrom(...spoils), fc.jsonValue(), ({ object, path }, put) => {
        holds(stringify(spoilt(object, path, put)));
      }),
      { numRuns: 250 },
    );
  });
});
