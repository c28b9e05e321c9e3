/**
 * One entry of a rule's `match` as a list of conditions, each of which can say in words why it does not hold:
 * `decide` asks them, `explain` lets them speak, so there is one rule and not two.
 * Meaning as in https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest and in
 * Envoy's RouteMatch, to which Istio translates it (pilot/pkg/networking/core/route/route.go, TranslateRouteMatch).
 */
import type { HttpMatch, StringMatch, UriMatch, ValueMatch } from '../rules/model.ts';
import type { RequestView } from './request.ts';

export interface Condition {
  /** Set where the condition is `header X is exactly V`: what the index (header-index.ts) is built from. */
  exactHeader?: { name: string; value: string };
  holds(request: RequestView): boolean;
  /** Why it does not hold for this request: `header project-version is "a", not exactly "b"`. */
  complaint(request: RequestView): string;
}

/** The conditions of one match entry that look at the request; all of them must hold. */
export function conditionsOf(match: HttpMatch): Condition[] {
  const conditions: Condition[] = [];
  if (match.uri) conditions.push(uriCondition(match.uri, match.ignoreUriCase));
  for (const [name, wanted] of match.headers) conditions.push(headerCondition(name, wanted));
  for (const [name, unwanted] of match.withoutHeaders)
    conditions.push(withoutHeaderCondition(name, unwanted));
  if (match.method) conditions.push(partCondition('method', match.method, (request) => request.head.method));
  if (match.authority) {
    conditions.push(partCondition('authority', match.authority, (request) => request.head.authority));
  }
  if (match.scheme) conditions.push(partCondition('scheme', match.scheme, (request) => request.head.scheme));
  for (const [name, wanted] of match.queryParams) conditions.push(queryCondition(name, wanted));
  return conditions;
}

/** Whether a value fits; regular expressions have to match all of it. */
function fits(match: StringMatch, value: string): boolean {
  switch (match.type) {
    case 'exact':
      return value === match.value;
    case 'prefix':
      return value.startsWith(match.value);
    case 'regex':
      return match.regex.matches(value);
  }
}

function wording(match: StringMatch): string {
  switch (match.type) {
    case 'exact':
      return `exactly ${quote(match.value)}`;
    case 'prefix':
      return `starting with ${quote(match.value)}`;
    case 'regex':
      return `matching ${quote(match.value)}`;
  }
}

function partCondition(name: string, match: StringMatch, part: (request: RequestView) => string): Condition {
  return {
    holds: (request) => fits(match, part(request)),
    complaint: (request) => `${name} is ${quote(part(request))}, not ${wording(match)}`,
  };
}

function uriCondition(match: UriMatch, ignoreCase: boolean): Condition {
  if (match.type === 'pathPrefix') {
    const { value } = match;
    const below = `${value}/`;
    return {
      holds: ({ path }) => path === value || path.startsWith(below),
      complaint: ({ path }) => `path is ${quote(path)}, not ${quote(value)} or below it`,
    };
  }
  // Envoy's case_sensitive has no effect on a regular expression.
  if (!ignoreCase || match.type === 'regex') return partCondition('path', match, (request) => request.path);
  const folded: StringMatch = { type: match.type, value: match.value.toLowerCase() };
  return {
    holds: (request) => fits(folded, request.path.toLowerCase()),
    complaint: (request) => `path is ${quote(request.path)}, not ${wording(match)} (in any case)`,
  };
}

/** Since Envoy 1.39 each line of a repeated header is compared by itself: one that fits is enough. */
function headerCondition(name: string, match: ValueMatch): Condition {
  const condition: Condition =
    match.type === 'present'
      ? {
          holds: (request) => request.header(name).length > 0,
          complaint: () => `header ${name} is absent`,
        }
      : {
          holds: (request) => request.header(name).some((value) => fits(match, value)),
          complaint: (request) => `header ${name} is ${spoken(request.header(name))}, not ${wording(match)}`,
        };
  if (match.type === 'exact') condition.exactHeader = { name, value: match.value };
  return condition;
}

/**
 * Present means present, be it empty. With a value an absent header counts as empty (Istio sets Envoy's
 * treat_missing_header_as_empty), so `withoutHeaders: {x: {regex: ".*"}}` never holds.
 */
function withoutHeaderCondition(name: string, match: ValueMatch): Condition {
  if (match.type === 'present') {
    return {
      holds: (request) => request.header(name).length === 0,
      complaint: (request) => `header ${name} is present (${spoken(request.header(name))})`,
    };
  }
  const values = (request: RequestView) => {
    const present = request.header(name);
    return present.length === 0 ? [''] : present;
  };
  return {
    holds: (request) => !values(request).some((value) => fits(match, value)),
    complaint: (request) =>
      `header ${name} is ${spoken(request.header(name))}, which withoutHeaders rules out`,
  };
}

function queryCondition(name: string, match: ValueMatch): Condition {
  if (match.type === 'present') {
    return {
      holds: (request) => request.queryParam(name) !== undefined,
      complaint: () => `query parameter ${name} is absent`,
    };
  }
  return {
    holds: (request) => {
      const value = request.queryParam(name);
      return value !== undefined && fits(match, value);
    },
    complaint: (request) => {
      const value = request.queryParam(name);
      return `query parameter ${name} is ${value === undefined ? 'absent' : quote(value)}, not ${wording(match)}`;
    },
  };
}

function spoken(values: readonly string[]): string {
  return values.length === 0 ? 'absent' : values.map(quote).join(' and ');
}

/** JSON's quotes: what a client sent may hold control characters. */
function quote(value: string): string {
  return JSON.stringify(value);
}
