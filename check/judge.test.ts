import { expect, it } from 'vitest';
import { parseCase, type RequestStep } from './format.ts';
import { judge } from './judge.ts';
import { judgePanels, judgeTable } from './judge-look.ts';
import { observe } from './observation.ts';

const table = `NAME        VHOST NAME          DOMAINS     MATCH     VIRTUAL SERVICE
http.80     demo.example:80     *           /*        service-a.coloring
`;
const look = { at: 'gateway' as const, table: 'routes' as const, shows: [], lacks: [] };

it('finds the words of a line in a table in their order, whatever stands between the columns', () => {
  const shows = [
    'http.80 demo.example:80',
    'http.80 service-a.coloring',
    'demo.example:80 http.80',
    'demo.example',
  ];
  expect(judgeTable({ ...look, shows }, table).map(({ problem }) => problem === undefined)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const lacks = ['other.example:80', '* /*'];
  expect(judgeTable({ ...look, lacks }, table).map(({ problem }) => problem === undefined)).toEqual([
    true,
    false,
  ]);
});

const problems = (expected: string, reply: { status?: number; error?: string; body?: string }) => {
  const { steps } = parseCase(`title: t\nsteps:\n  - { expect: ${expected} }\n`, 'case.yaml');
  const seen = observe({ status: 0, headers: [], body: '', ms: 1, ...reply });
  return judge((steps[0] as RequestStep).expect, { observations: [seen], calls: [] })
    .map(({ problem }) => problem)
    .filter((problem) => problem !== undefined);
};

it('tells how a connection ended without an answer', () => {
  expect(problems('{ noAnswer: closed }', { error: 'socket hang up' })).toEqual([]);
  expect(problems('{ noAnswer: refused }', { error: 'socket hang up' })).toEqual(['was socket hang up']);
  expect(problems('{ noAnswer: closed }', { status: 503 })).toEqual(['was 503']);
});

it('wants a header at every hop', () => {
  const hop = (traceparent?: string) => ({
    service: 'service-a',
    version: 'release',
    color: '-',
    path: '/',
    headers: traceparent === undefined ? {} : { traceparent },
  });
  const answer = (...hops: object[]) => ({ status: 200, body: JSON.stringify({ trail: hops }) });
  const expected = '{ everyHop: { traceparent: one } }';
  expect(problems(expected, answer(hop('one'), hop('one')))).toEqual([]);
  expect(problems(expected, answer(hop('one'), hop()))).toEqual(['was one, absent']);
  expect(problems(expected, answer())).toEqual(['was no hop']);
});

it('wants exactly the series of a panel that it names', () => {
  const panels = new Map([['Failed', ['service-a', 'service-b']]]);
  const problem = (shows: Record<string, string[]>) => judgePanels(shows, panels)[0]?.problem;
  expect(problem({ Failed: ['service-b', 'service-a'] })).toBeUndefined();
  expect(problem({ Failed: [] })).toBe('was service-a, service-b');
  expect(problem({ Fialed: [] })).toBe('no such panel (has: Failed)');
});
