/** GRPCRoute: https://gateway-api.sigs.k8s.io/reference/spec/#grpcroute */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { across, noted, say } from '../fields.ts';
import type { HttpMatch, Place, UriMatch } from '../model.ts';
import { ruleKind } from '../object.ts';
import type { Path } from '../problem.ts';
import { shape } from '../shape.ts';
import { regexProblem } from '../string-match.ts';
import { grpcBackendFilters, grpcRuleFilters } from './filters.ts';
import { modifiersOf, valueText } from './header-list.ts';
import { headerConditions, headerMatches, noConditions } from './matches.ts';
import type { ApiRoute, ApiRule } from './model.ts';
import { hostname, list, objectName } from './names.ts';
import { parentRefs, toParentRef } from './references.ts';
import { backendRefs, commonOf } from './rule-parts.ts';

/** What the CRD takes as exact names. */
const servicePattern = /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i;
const methodPattern = /^[A-Za-z_][A-Za-z_0-9]*$/;

const methodFields = {
  type: noted('default Exact', z.enum(['Exact', 'RegularExpression']).optional()),
  service: valueText.optional(),
  method: valueText.optional(),
};
type WrittenMethod = z.infer<z.ZodObject<typeof methodFields>>;

const method = across(
  shape('GatewayAPI.GRPCMethodMatch', methodFields),
  ['type', 'service', 'method'],
  (written, ctx) => {
    const { type = 'Exact', service, method: name } = written;
    if (service === undefined && name === undefined) say(ctx, [], 'needs a service, a method or both');
    if (type === 'RegularExpression') {
      for (const field of ['service', 'method'] as const) {
        const problem = written[field] === undefined ? undefined : regexProblem(written[field]);
        if (problem) say(ctx, [field], problem);
      }
      return;
    }
    if (service !== undefined && !servicePattern.test(service)) {
      say(ctx, ['service'], `${JSON.stringify(service)}: not the name of a service`);
    }
    if (name !== undefined && !methodPattern.test(name)) {
      say(ctx, ['method'], `${JSON.stringify(name)}: not the name of a method`);
    }
  },
);

const matchFields = {
  method: method.optional(),
  headers: headerMatches('GatewayAPI.GRPCHeaderMatch').optional(),
};

const ruleFields = {
  name: noted("the name of Envoy's route", objectName.optional()),
  matches: list(shape('GatewayAPI.GRPCRouteMatch', matchFields), 64).optional(),
  filters: grpcRuleFilters.optional(),
  backendRefs: backendRefs('GatewayAPI.GRPCBackendRef', grpcBackendFilters).optional(),
};
type WrittenRule = z.infer<z.ZodObject<typeof ruleFields>>;

const spec = shape('GatewayAPI.GRPCRoute', {
  parentRefs: parentRefs.optional(),
  hostnames: list(hostname(true), 16).optional(),
  rules: list(shape('GatewayAPI.GRPCRouteRule', ruleFields), 16).optional(),
});

export const grpcRoute = ruleKind<typeof spec, ApiRoute>(
  'GRPCRoute',
  spec,
  { reads: [], check: () => {} },
  (written, { at, ...meta }) => ({
    kind: 'GRPCRoute',
    ...meta,
    parents: (written.parentRefs ?? []).map((ref, i) =>
      toParentRef(ref, meta.namespace, at(['parentRefs', i])),
    ),
    hostnames: written.hostnames ?? [],
    rules: (written.rules ?? []).map((one, i) => toRule(one, (path) => at(['rules', i, ...path]))),
  }),
);

/** `at` takes paths below the rule. */
function toRule(written: WrittenRule, at: (path: Path) => Place): ApiRule {
  const matches = (written.matches ?? []).map((match, i): HttpMatch => {
    const uri = match.method && toUriMatch(match.method);
    return {
      ...noConditions(at(['matches', i])),
      ...(uri && { uri }),
      headers: headerConditions(match.headers),
    };
  });
  return { ...commonOf(written, at), matches, route: { headers: modifiersOf(written.filters ?? []) } };
}

/** Of the path `/SERVICE/METHOD` (conversion.go, createGRPCURIMatch). */
function toUriMatch({ type = 'Exact', service, method: name }: WrittenMethod): UriMatch {
  if (type === 'Exact' && service !== undefined) {
    return name === undefined
      ? { type: 'pathPrefix', value: `/${service}`, countsSlash: true }
      : { type: 'exact', value: `/${service}/${name}` };
  }
  const value = `/${service ?? '[^/]+'}/${name ?? '.+'}`;
  return { type: 'regex', value, regex: RE2JS.compile(value) };
}
