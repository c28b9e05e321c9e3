/** HTTPRouteFilter and GRPCRouteFilter: what happens to requests and answers of a rule, and of one backend. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { across, choice, noted, port, say, whole } from '../fields.ts';
import type { Redirect, Rewrite } from '../model.ts';
import { shape } from '../shape.ts';
import { pathText } from '../wire-text.ts';
import { requestModifier, responseModifier } from './header-list.ts';
import { hostname } from './names.ts';
import { backendFields, checkBackendPort } from './references.ts';

const codes = [301, 302, 303, 307, 308] as const;

const pathModifierFields = {
  type: z.enum(['ReplaceFullPath', 'ReplacePrefixMatch']),
  replaceFullPath: pathText.optional(),
  replacePrefixMatch: pathText.optional(),
};

const pathModifier = across(
  shape('GatewayAPI.HTTPPathModifier', pathModifierFields),
  ['type', 'replaceFullPath', 'replacePrefixMatch'],
  (written, ctx) => {
    const [wanted, other] =
      written.type === 'ReplaceFullPath'
        ? (['replaceFullPath', 'replacePrefixMatch'] as const)
        : (['replacePrefixMatch', 'replaceFullPath'] as const);
    if (written[wanted] === undefined) say(ctx, [wanted], `is missing: the type is ${written.type}`);
    if (written[other] !== undefined) say(ctx, [other], `not together with type ${written.type}`);
  },
);

const rewriteFields = {
  hostname: hostname(false).optional(),
  path: across(pathModifier, ['replaceFullPath'], ({ replaceFullPath }, ctx) => {
    if (replaceFullPath === '') say(ctx, ['replaceFullPath'], 'must not be empty: the request has a path');
  }).optional(),
};

const redirectFields = {
  scheme: z.enum(['http', 'https']).optional(),
  hostname: hostname(false).optional(),
  path: pathModifier.optional(),
  port: port.optional(),
  statusCode: noted(
    'default 302',
    z
      .number()
      .superRefine((code, ctx) => {
        if (!codes.some((one) => one === code)) say(ctx, [], `${code}: not one of ${codes.join(', ')}`);
      })
      .optional(),
  ),
};

const mirrorFields = {
  backendRef: shape('GatewayAPI.BackendObjectReference', backendFields).superRefine(checkBackendPort),
  percent: whole(0, 100).optional(),
  fraction: across(
    shape('GatewayAPI.Fraction', {
      numerator: whole(0, 2147483647),
      denominator: noted('default 100', whole(1, 2147483647).optional()),
    }),
    ['numerator', 'denominator'],
    ({ numerator, denominator = 100 }, ctx) => {
      if (numerator > denominator)
        say(ctx, ['numerator'], `${numerator}: more than ${denominator}, the denominator`);
    },
  ).optional(),
};

export const mirror = across(
  shape('GatewayAPI.HTTPRequestMirrorFilter', mirrorFields),
  ['percent', 'fraction'],
  ({ percent, fraction }, ctx) => {
    if (percent !== undefined && fraction) say(ctx, ['fraction'], 'not together with percent');
  },
);

/** The field of each type. */
const fieldOfType = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
} as const;
const types = [
  ...(Object.keys(fieldOfType) as (keyof typeof fieldOfType)[]),
  'CORS',
  'ExtensionRef',
  'ExternalAuth',
] as const;

const filterFields = {
  type: choice(types, Object.keys(fieldOfType) as (keyof typeof fieldOfType)[]),
  requestHeaderModifier: requestModifier.optional(),
  responseHeaderModifier: responseModifier.optional(),
  requestMirror: mirror.optional(),
  requestRedirect: shape('GatewayAPI.HTTPRequestRedirectFilter', redirectFields).optional(),
  urlRewrite: shape('GatewayAPI.HTTPURLRewriteFilter', rewriteFields).optional(),
};

type WrittenFilter = z.infer<z.ZodObject<typeof filterFields>>;

const filter = across(
  shape('GatewayAPI.HTTPRouteFilter', filterFields),
  ['type', ...Object.values(fieldOfType)],
  checkType,
);

/** Of a rule: several mirrors, and one of each of the others. */
export const ruleFilters = z.array(filter).superRefine((filters, ctx) => {
  checkRepeated(filters, ctx);
  const rewrites = filters.findIndex(({ type }) => type === 'URLRewrite');
  if (rewrites >= 0 && filters.some(({ type }) => type === 'RequestRedirect')) {
    say(ctx, [rewrites, 'type'], 'URLRewrite: not together with RequestRedirect');
  }
});

/** Of a backend: headers only. */
export const backendFilters = z
  .array(
    across(
      shape('GatewayAPI.HTTPRouteFilter (backend)', {
        type: choice(types, ['RequestHeaderModifier', 'ResponseHeaderModifier']),
        requestHeaderModifier: requestModifier.optional(),
        responseHeaderModifier: responseModifier.optional(),
      }),
      ['type', 'requestHeaderModifier', 'responseHeaderModifier'],
      checkType,
    ),
  )
  .superRefine(checkRepeated);

const grpcTypes = [
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
  'RequestMirror',
  'ExtensionRef',
] as const;

/** Of a rule of a GRPCRoute. */
export const grpcRuleFilters = z
  .array(
    across(
      shape('GatewayAPI.GRPCRouteFilter', {
        type: choice(grpcTypes, ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror']),
        requestHeaderModifier: requestModifier.optional(),
        responseHeaderModifier: responseModifier.optional(),
        requestMirror: mirror.optional(),
      }),
      ['type', 'requestHeaderModifier', 'responseHeaderModifier', 'requestMirror'],
      checkType,
    ),
  )
  .superRefine(checkRepeated);

/** Of a backend of a GRPCRoute: headers only. */
export const grpcBackendFilters = z
  .array(
    across(
      shape('GatewayAPI.GRPCRouteFilter (backend)', {
        type: choice(grpcTypes, ['RequestHeaderModifier', 'ResponseHeaderModifier']),
        requestHeaderModifier: requestModifier.optional(),
        responseHeaderModifier: responseModifier.optional(),
      }),
      ['type', 'requestHeaderModifier', 'responseHeaderModifier'],
      checkType,
    ),
  )
  .superRefine(checkRepeated);

function checkType(written: Partial<WrittenFilter>, ctx: z.RefinementCtx): void {
  const wanted = fieldOfType[written.type as keyof typeof fieldOfType];
  for (const field of Object.values(fieldOfType)) {
    if (field === wanted && written[field] === undefined) {
      say(ctx, [field], `is missing: the type is ${written.type}`);
    }
    if (field !== wanted && wanted !== undefined && written[field] !== undefined) {
      say(ctx, [field], `not together with type ${written.type}`);
    }
  }
}

function checkRepeated(filters: readonly { type?: string }[], ctx: z.RefinementCtx): void {
  const types = filters.map(({ type }) => type);
  for (const [i, type] of types.entries()) {
    if (type !== 'RequestMirror' && types.indexOf(type) < i)
      say(ctx, [i, 'type'], `${type}: is here already`);
  }
}

/** Whether the filters replace the prefix that the rule's match found. */
export function replacesPrefix(filters: readonly WrittenFilter[]): boolean {
  return filters.some(({ urlRewrite, requestRedirect }) =>
    [urlRewrite, requestRedirect].some((one) => one?.path?.type === 'ReplacePrefixMatch'),
  );
}

/** @param prefix the path of the rule's only match, where it is one of PathPrefix */
export function rewriteOf(filters: readonly WrittenFilter[], prefix: string): Rewrite | undefined {
  const [written] = filters.flatMap(({ urlRewrite }) => urlRewrite ?? []);
  if (!written) return undefined;
  const { hostname: authority, path } = written;
  const rewrite: Rewrite = { ...(authority && { authority }) };
  if (path?.type === 'ReplaceFullPath') {
    rewrite.uriRegex = { regex: RE2JS.compile('/.*'), rewrite: path.replaceFullPath ?? '' };
  } else if (path) {
    const uri = (path.replacePrefixMatch ?? '').replace(/\/$/, '');
    if (uri) rewrite.uri = uri;
    // The prefix goes, and its slash stays (route.go, applyHTTPRouteDestination).
    else rewrite.uriRegex = { regex: RE2JS.compile(`^${RE2JS.quote(prefix)}(/?)(.*)`), rewrite: '/\\2' };
  }
  return Object.keys(rewrite).length > 0 ? rewrite : undefined;
}

/** The port of the request stays, unless a scheme is written (conversion.go, createRedirectFilter). */
export function redirectOf(filters: readonly WrittenFilter[]): Redirect | undefined {
  const [written] = filters.flatMap(({ requestRedirect }) => requestRedirect ?? []);
  if (!written) return undefined;
  const { scheme, hostname: authority, path, statusCode = 302 } = written;
  return {
    status: codes.find((code) => code === statusCode) ?? 302,
    uri: path?.replaceFullPath || undefined,
    prefixRewrite: path?.replacePrefixMatch || undefined,
    authority,
    scheme,
    port: written.port ?? (scheme ? 'FROM_PROTOCOL_DEFAULT' : 'FROM_REQUEST_PORT'),
  };
}

/** In percent, as Envoy cuts it: no finer than a ten-thousandth. */
export function mirrorShare({ percent, fraction }: z.infer<typeof mirror>): number {
  if (!fraction) return percent ?? 100;
  return Math.trunc((fraction.numerator * 100 * 10_000) / (fraction.denominator ?? 100)) / 10_000;
}
