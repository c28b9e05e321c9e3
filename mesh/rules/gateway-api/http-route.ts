/** HTTPRoute: https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
import { z } from 'zod';
import { milliseconds } from '../duration.ts';
import { across, noted, say, text, whole } from '../fields.ts';
import type { Place, RetryPolicy } from '../model.ts';
import { ruleKind } from '../object.ts';
import type { Path } from '../problem.ts';
import { shape } from '../shape.ts';
import { backendFilters, redirectOf, replacesPrefix, rewriteOf, ruleFilters } from './filters.ts';
import { modifiersOf } from './header-list.ts';
import { anything, httpRouteMatch, toRouteMatch } from './matches.ts';
import type { ApiRoute, ApiRule } from './model.ts';
import { hostname, list, objectName } from './names.ts';
import { parentRefs, toParentRef } from './references.ts';
import { backendRefs, commonOf } from './rule-parts.ts';

/** https://gateway-api.sigs.k8s.io/geps/gep-2257/ */
const durationPattern = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;
const apiDuration = text((written) =>
  durationPattern.test(written)
    ? undefined
    : `${JSON.stringify(written)}: not a duration such as 500ms or 1m30s`,
);

const timeouts = across(
  shape('GatewayAPI.HTTPRouteTimeouts', {
    request: noted('0s: none', apiDuration.optional()),
    backendRequest: noted('of the whole request, unless retry is written', apiDuration.optional()),
  }),
  ['request', 'backendRequest'],
  ({ request = '0s', backendRequest = '0s' }, ctx) => {
    if (milliseconds(request) > 0 && milliseconds(backendRequest) > milliseconds(request)) {
      say(ctx, ['backendRequest'], `${backendRequest}: longer than the ${request} of request`);
    }
  },
);

const ruleFields = {
  name: noted("the name of Envoy's route", objectName.optional()),
  matches: list(httpRouteMatch, 64).optional(),
  filters: ruleFilters.optional(),
  backendRefs: backendRefs('GatewayAPI.HTTPBackendRef', backendFilters).optional(),
  timeouts: timeouts.optional(),
  retry: noted(
    'experimental channel',
    shape('GatewayAPI.HTTPRouteRetry', {
      codes: z.array(whole(400, 599)).optional(),
      attempts: noted('default 2', whole(0, 2147483647).optional()),
    }).optional(),
  ),
};
type WrittenRule = z.infer<z.ZodObject<typeof ruleFields>>;

let rule = shape('GatewayAPI.HTTPRouteRule', ruleFields);
rule = across(rule, ['filters', 'backendRefs'], ({ filters = [], backendRefs = [] }, ctx) => {
  if (backendRefs.length > 0 && filters.some(({ type }) => type === 'RequestRedirect')) {
    say(ctx, ['backendRefs'], 'not together with a RequestRedirect');
  }
});
rule = across(rule, ['filters', 'matches'], ({ filters = [], matches = [{}] }, ctx) => {
  if (!replacesPrefix(filters)) return;
  const [only, other] = matches;
  if (!only || other || (only.path?.type ?? 'PathPrefix') !== 'PathPrefix') {
    say(ctx, ['matches'], 'ReplacePrefixMatch needs exactly one match, with a path of type PathPrefix');
  }
});

const spec = across(
  shape('GatewayAPI.HTTPRoute', {
    parentRefs: parentRefs.optional(),
    hostnames: list(hostname(true), 16).optional(),
    rules: list(rule, 16).optional(),
  }),
  ['rules'],
  ({ rules }, ctx) => {
    if (rules?.length === 0) say(ctx, ['rules'], 'must not be empty; without it, all requests answer 500');
  },
);

export const httpRoute = ruleKind<typeof spec, ApiRoute>(
  'HTTPRoute',
  spec,
  { reads: [], check: () => {} },
  (written, { at, ...meta }) => ({
    kind: 'HTTPRoute',
    ...meta,
    parents: (written.parentRefs ?? []).map((ref, i) =>
      toParentRef(ref, meta.namespace, at(['parentRefs', i])),
    ),
    hostnames: written.hostnames ?? [],
    rules: (written.rules ?? [{}]).map((one, i) => toRule(one, (path) => at(['rules', i, ...path]))),
  }),
);

/** `at` takes paths below the rule. */
function toRule(written: WrittenRule, at: (path: Path) => Place): ApiRule {
  const { filters = [] } = written;
  const matches = (written.matches ?? []).map((match, i) => toRouteMatch(match, at(['matches', i])));
  const [first = anything(at([]))] = matches;
  const prefix = first.uri?.type === 'pathPrefix' ? first.uri.value : '';
  return {
    ...commonOf(written, at),
    matches: matches.length > 0 ? matches : [first],
    redirect: redirectOf(filters),
    route: {
      headers: modifiersOf(filters),
      ...rest(written),
      ...(rewriteOf(filters, prefix) && { rewrite: rewriteOf(filters, prefix) }),
    },
  };
}

/** Without retry, the time of one try is the time of all (conversion.go, convertHTTPRoute). */
function rest({ timeouts: written, retry }: WrittenRule): Pick<ApiRule['route'], 'timeoutMs' | 'retries'> {
  const request = milliseconds(written?.request ?? '0s');
  const ofTry = milliseconds(written?.backendRequest ?? '0s');
  const timeoutMs = (retry ? 0 : ofTry) || request;
  const timeout = timeoutMs > 0 ? { timeoutMs } : {};
  if (!retry) return timeout;
  const { attempts = 2, codes = [] } = retry;
  const retryOn = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled'];
  const retries: RetryPolicy = {
    attempts,
    ...(ofTry > 0 && { perTryTimeoutMs: ofTry }),
    retryOn: codes.length > 0 ? [...retryOn, 'retriable-status-codes'] : retryOn,
    retriableStatusCodes: codes,
  };
  return { ...timeout, retries };
}
