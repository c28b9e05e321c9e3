/**
 * Rules and requests by chance, over the fields that the local mesh runs: each trial is a VirtualService, or routes of
 * the Gateway API, with hosts of their own, often with other rules that meet them there, and requests to them, whose values come from the
 * same small pools. Nothing in a trial is random once it is made: splits are for the cases.
 */
import fc from 'fast-check';
import type { RuleObject } from '../check/world.ts';
import { mostly } from './arbitraries.ts';
import { apiHosts, apiRules } from './generate-http-route.ts';
import { besideVirtualService, virtualService } from './generate-virtual-service.ts';

/** From where trials send: every proxy that has rules. */
export const trialCallers = ['gateway', 'client', 'other-namespace'] as const;

/** Whose rules: `istio`: VirtualServices; `gateway`: HTTPRoutes and GRPCRoutes of the Gateway API. */
export type Dialect = 'istio' | 'gateway';

export interface Trial {
  rule: RuleObject;
  /** Other rules for its hosts, and for `e.HOST`, a host outside. */
  beside: readonly RuleObject[];
  requests: readonly TrialRequest[];
}

export interface TrialRequest {
  from: (typeof trialCallers)[number];
  method: string;
  path: string;
  /** `HOST` stands for the host of the rule, `trial` is in the names of its Services. */
  host: string;
  headers: Readonly<Record<string, readonly string[]>>;
  echo: string;
}

/** Put in place of the host of the rule, which tells the trials of a batch apart. */
export const trialHost = 'HOST';
/** The same in the names of all its objects. */
export const trialName = 'trial';

export const requestsPerTrial = 20;

/** The same seed gives the same trials. */
export function generateTrials(seed: number, count: number, dialect: Dialect): Trial[] {
  return fc.sample(trials[dialect], { seed, numRuns: count });
}

const paths = [
  '/',
  '/a',
  '/a/',
  '/A',
  '/ab',
  '/a/b',
  '/a/b/c',
  '/b',
  '/b/a',
  '/a%2Fb',
  '/a/../b',
  '/%61',
  '/a//b',
  '/c.d',
];
const queries = ['', '', '?v=1', '?v=12', '?v=2&w=1', '?w=', '?V=1', '?v', '?v=1&v=2', '?w=a%20b'];
const values = ['1', '2', '12', 'A', 'a', ''];
const headerNames = ['x-a', 'x-b', 'X-C'];
const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** What of a request has nothing to do with whom it is for. */
const rest = {
  headers: fc.dictionary(
    fc.constantFrom(...headerNames),
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...values).map((one) => [one]) },
      { weight: 1, arbitrary: fc.constant(['1', '2']) },
    ),
    { maxKeys: 2 },
  ),
  echo: fc.constantFrom(
    '',
    '',
    '',
    'status=503; first=1',
    'status=500; first=1',
    'status=409',
    'close=before; first=1',
  ),
};
const method = fc.constantFrom(...methods);
const path = fc
  .tuple(fc.constantFrom(...paths), fc.constantFrom(...queries))
  .map(([one, query]) => one + query);

const request: fc.Arbitrary<TrialRequest> = fc.record({
  from: fc.constantFrom('gateway', 'gateway', 'client', 'client', 'other-namespace'),
  method,
  path,
  host: fc.constantFrom('HOST', 'HOST', 'HOST', 'HOST:80', 'x.HOST', 'h-HOST', 'e.HOST'),
  ...rest,
});

const apiRequest: fc.Arbitrary<TrialRequest> = fc
  .constantFrom('gateway' as const, 'gateway' as const, 'client' as const, 'other-namespace' as const)
  .chain((from) =>
    fc.record({
      from: fc.constant(from),
      method,
      path,
      host: fc.constantFrom(...apiHosts[from === 'gateway' ? 'gateway' : 'mesh']),
      ...rest,
    }),
  );

const requestsOf = (one: fc.Arbitrary<TrialRequest>) =>
  fc.array(one, { minLength: requestsPerTrial, maxLength: requestsPerTrial });

const trials: Readonly<Record<Dialect, fc.Arbitrary<Trial>>> = {
  istio: fc.record({
    rule: virtualService,
    beside: mostly(2, [], besideVirtualService),
    requests: requestsOf(request),
  }),
  gateway: fc
    .record({ rules: apiRules, requests: requestsOf(apiRequest) })
    .map(({ rules: { rule, beside }, requests }) => ({ rule, beside, requests })),
};
