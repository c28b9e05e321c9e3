import { afterEach, expect, it, vi } from 'vitest';
import { parseCase } from '../check/format.ts';
import { startLocal } from '../check/local/local.ts';
import { problemsOf } from '../check/report.ts';
import { runCases } from '../check/run.ts';
import { ProgramPool } from './programs.ts';

// Each starts programs, which takes long where the computer has other things to do.
vi.setConfig({ testTimeout: 60_000 });

const programs = new ProgramPool();
afterEach(() => programs.close());

/** A colour at both hops, and another header beside it that is none. */
const checkOf = (header: string, other: string) =>
  parseCase(
    `
title: the colour is in ${header}
upstream: pair
world:
  header: ${header}
  services:
    service-a: { port: 31000, calls: service-b, versions: [release] }
    service-b: { port: 32000, versions: [release, v1] }
steps:
  - send: { headers: { ${header}: v1, ${other}: v2 }, times: 2 }
    expect: { trail: [service-a/release, service-b/v1], colors: [v1, v1] }
  - send: { headers: { ${other}: v1 } }
    expect: { trail: [service-a/release, service-b/release], colors: ['-', '-'] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-a }
spec:
  hosts: ['*']
  gateways: [coloring]
  http: [{ route: [{ destination: { host: service-a, subset: release } }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: service-b }
spec:
  hosts: [service-b]
  http:
    - match: [{ headers: { ${header}: { exact: v1 } } }]
      route: [{ destination: { host: service-b, subset: v1 } }]
    - route: [{ destination: { host: service-b, subset: release } }]
`,
    'check.yaml',
  );

it('a lesson whose world has the colour in another header gets programs that carry that one', async () => {
  const engine = await startLocal({ capacity: 1, programs });
  try {
    const cases = [checkOf('project-version', 'x-env'), checkOf('x-env', 'project-version')];
    const seen: string[][] = [];
    for await (const result of runCases(cases, engine)) seen.push(problemsOf(result));
    expect(seen).toEqual([[], []]);
  } finally {
    await engine.close();
  }
});
