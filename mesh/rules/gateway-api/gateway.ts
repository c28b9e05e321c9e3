/** Gateway and GatewayClass: https://gateway-api.sigs.k8s.io/reference/spec/#gateway */
import { z } from 'zod';
import { across, choice, noted, notRun, port, say, text } from '../fields.ts';
import { ruleKind } from '../object.ts';
import { shape } from '../shape.ts';
import { type ApiGateway, type GatewayClass, gatewayApiGroup, type LabelSelector } from './model.ts';
import { anyName, groupName, hostname, kindName, list, objectName } from './names.ts';

const strings = z.record(z.string(), z.string());

const selectorFields = {
  matchLabels: strings.optional(),
  matchExpressions: z
    .array(
      shape('LabelSelectorRequirement', {
        key: anyName,
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
};

const routeNamespaces = across(
  shape('GatewayAPI.RouteNamespaces', {
    from: noted('default Same', z.enum(['All', 'Selector', 'Same']).optional()),
    selector: noted(
      'of the Namespaces among the rules; their names are always known',
      shape('LabelSelector', selectorFields).optional(),
    ),
  }),
  ['from', 'selector'],
  ({ from, selector }, ctx) => {
    if (from === 'Selector' && !selector) say(ctx, ['selector'], 'is missing: from is Selector');
  },
);

const otherProtocols = ['HTTPS', 'TLS', 'TCP', 'UDP'];

const listener = shape('GatewayAPI.Listener', {
  name: objectName,
  hostname: hostname(true).optional(),
  port,
  protocol: noted(
    `HTTP; refused: ${otherProtocols.join(', ')}`,
    text((protocol) => {
      if (protocol === 'HTTP') return undefined;
      return otherProtocols.includes(protocol)
        ? `${protocol}: ${notRun}`
        : `${protocol}: not a protocol; HTTP is run`;
    }),
  ),
  allowedRoutes: shape('GatewayAPI.AllowedRoutes', {
    namespaces: routeNamespaces.optional(),
    kinds: z
      .array(
        shape('GatewayAPI.RouteGroupKind', {
          group: noted(`default ${gatewayApiGroup}`, groupName.optional()),
          kind: kindName,
        }),
      )
      .optional(),
  }).optional(),
});

const spec = across(
  shape('GatewayAPI.Gateway', {
    gatewayClassName: noted('istio, or a GatewayClass of Istio among the rules', anyName),
    listeners: list(listener, 64),
    addresses: noted(
      'the Service of a gateway that is there; without it the Gateway has pods of its own',
      z
        .array(
          shape('GatewayAPI.GatewaySpecAddress', {
            type: choice(['Hostname', 'IPAddress', 'NamedAddress'], ['Hostname']),
            value: anyName,
          }),
        )
        .optional(),
    ),
  }),
  ['listeners'],
  ({ listeners }, ctx) => {
    if (listeners.length === 0) say(ctx, ['listeners'], 'needs at least one listener');
    const names = listeners.map(({ name }) => name);
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) < i)
        say(ctx, ['listeners', i, 'name'], `${name}: another listener has this name`);
    }
    const places = listeners.map(({ port, protocol, hostname = '' }) => `${protocol} ${port} ${hostname}`);
    for (const [i, place] of places.entries()) {
      if (places.indexOf(place) < i)
        say(ctx, ['listeners', i], 'another listener has this port, protocol and hostname');
    }
  },
);

export const apiGateway = ruleKind<typeof spec, ApiGateway>(
  `Gateway (${gatewayApiGroup})`,
  spec,
  { reads: [], check: () => {} },
  (written, { at, ...meta }) => ({
    kind: 'KubernetesGateway',
    ...meta,
    className: written.gatewayClassName,
    listeners: written.listeners.map(({ name, port, hostname, allowedRoutes }, i) => ({
      place: at(['listeners', i]),
      name,
      port,
      ...(hostname !== undefined && { hostname }),
      routesFrom: routesFrom(allowedRoutes?.namespaces ?? {}),
      ...(allowedRoutes?.kinds?.length && {
        kinds: allowedRoutes.kinds.map(({ group = gatewayApiGroup, kind }) => ({ group, kind })),
      }),
    })),
    services: (written.addresses ?? []).map(({ value }) => serviceOf(value, meta.namespace)),
  }),
);

function routesFrom({
  from = 'Same',
  selector,
}: z.infer<typeof routeNamespaces>): 'Same' | 'All' | LabelSelector {
  if (from !== 'Selector') return from;
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return {
    matchLabels,
    matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  };
}

/** A short name is one of the Gateway's own namespace. */
function serviceOf(host: string, own: string): { name: string; namespace: string } {
  const [name = host, namespace = own] = host.split('.');
  return { name, namespace };
}

const classSpec = shape('GatewayAPI.GatewayClass', { controllerName: anyName });

export const gatewayClass = ruleKind<typeof classSpec, GatewayClass>(
  'GatewayClass',
  classSpec,
  { reads: [], check: () => {} },
  ({ controllerName }, { at: _, ...meta }) => ({ kind: 'GatewayClass', ...meta, controllerName }),
);
