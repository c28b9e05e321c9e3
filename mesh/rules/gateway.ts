/** Gateway: https://istio.io/latest/docs/reference/config/networking/gateway/ */
import { isIP } from 'node:net';
import { z } from 'zod';
import { across, choice, noted, port, say, text } from './fields.ts';
import { hostProblem, isLabel } from './hosts.ts';
import type { Gateway } from './model.ts';
import { ruleKind } from './object.ts';
import { http, protocolProblem } from './protocol.ts';
import { shape } from './shape.ts';

const tlsModes = [
  'PASSTHROUGH',
  'SIMPLE',
  'MUTUAL',
  'AUTO_PASSTHROUGH',
  'ISTIO_MUTUAL',
  'OPTIONAL_MUTUAL',
] as const;

const server = across(
  shape('Server', {
    port: shape('Server.Port', {
      number: port,
      name: text((name) => (name === '' ? 'must not be empty' : undefined)),
      protocol: noted(
        'HTTP, HTTP2, GRPC, GRPC-WEB',
        text((name) => protocolProblem(name, http)),
      ),
    }),
    hosts: z.array(text(serverHostProblem)),
    tls: shape('ServerTLSSettings', {
      httpsRedirect: z.boolean().optional(),
      // Istio's default; the only one that a server of protocol HTTP may have.
      mode: choice(tlsModes, ['PASSTHROUGH']).optional(),
    }).optional(),
  }),
  ['hosts'],
  ({ hosts }, ctx) => {
    if (hosts.length === 0) say(ctx, ['hosts'], 'needs at least one host');
  },
);

const spec = across(
  shape('Gateway', {
    selector: z.record(z.string(), z.string()).optional(),
    servers: z.array(server).optional(),
  }),
  ['servers'],
  ({ servers = [] }, ctx) => {
    if (servers.length === 0) say(ctx, ['servers'], 'needs at least one server');
    const names = new Set<string>();
    for (const [i, { port }] of servers.entries()) {
      if (names.has(port.name))
        say(ctx, ['servers', i, 'port', 'name'], `${port.name}: another server's port has this name`);
      names.add(port.name);
    }
  },
);

export const gateway = ruleKind<typeof spec, Gateway>(
  'Gateway',
  spec,
  {
    reads: [],
    check: (_, { name }, ctx) => {
      if (isLabel(name)) return;
      say(ctx, ['metadata', 'name'], `${name}: a Gateway's name has no dots and at most 63 characters`);
    },
  },
  ({ selector = {}, servers = [] }, { at, ...meta }) => ({
    kind: 'Gateway',
    ...meta,
    selector,
    servers: servers.map((written, i) => ({
      place: at(['servers', i]),
      port: { ...written.port, protocol: written.port.protocol.toUpperCase() },
      hosts: written.hosts.map((host) => toServerHost(host, meta.namespace)),
      httpsRedirect: written.tls?.httpsRedirect ?? false,
      hasTls: written.tls !== undefined,
    })),
  }),
);

/** `host` or `namespace/host`, where the namespace may be `*` or `.`. */
function serverHostProblem(written: string): string | undefined {
  const slash = written.indexOf('/');
  const namespace = slash < 0 ? '*' : written.slice(0, slash);
  const host = slash < 0 ? written : written.slice(slash + 1);
  if (namespace !== '*' && namespace !== '.' && !isLabel(namespace)) {
    return `${JSON.stringify(written)}: ${JSON.stringify(namespace)} is not a namespace, "*" or "."`;
  }
  if (host !== '*' && !host.includes('.')) {
    return `${JSON.stringify(written)}: short names cannot be used in a Gateway; write the whole name`;
  }
  return isIP(host) ? undefined : hostProblem(host);
}

function toServerHost(written: string, own: string): { namespace: string; host: string } {
  const slash = written.indexOf('/');
  if (slash < 0) return { namespace: '*', host: written };
  const namespace = written.slice(0, slash);
  return { namespace: namespace === '.' ? own : namespace, host: written.slice(slash + 1) };
}
