/** ServiceEntry: https://istio.io/latest/docs/reference/config/networking/service-entry/ */
import { isIP } from 'node:net';
import { z } from 'zod';
import { exportToCheck } from './export-to.ts';
import { across, choice, fieldNotes, noted, notRun, port, say, text } from './fields.ts';
import { fqdnProblem, hostProblem, isLabel } from './hosts.ts';
import { labels } from './labels.ts';
import type { ServiceEntry } from './model.ts';
import { ruleKind } from './object.ts';
import { http, protocolProblem } from './protocol.ts';
import { shape } from './shape.ts';

const resolutions = ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'] as const;
const run = ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN'] as const;

const portName = text((name) =>
  isLabel(name) ? undefined : `${JSON.stringify(name)}: not a name for a port`,
);

const endpoint = shape('WorkloadEntry', {
  address: noted(
    'no Unix sockets',
    text((address) => (address.startsWith('unix://') ? `Unix sockets: ${notRun}` : undefined)),
  ),
  ports: z.record(z.string(), port).optional(),
  labels: labels.optional(),
});

let spec = shape('ServiceEntry', {
  hosts: z.array(text((host) => (host === '*' ? '*: too wide for a ServiceEntry' : hostProblem(host)))),
  addresses: z
    .array(
      text((address) =>
        isAddress(address) ? undefined : `${JSON.stringify(address)}: not an IP address or CIDR`,
      ),
    )
    .optional()
    .register(fieldNotes, { status: 'accepted', note: 'the local mesh finds an outside host by its name' }),
  ports: z
    .array(
      shape('ServicePort', {
        number: port,
        name: portName,
        protocol: noted(
          'HTTP, HTTP2, GRPC, GRPC-WEB; none is taken as HTTP',
          text((name) => protocolProblem(name, [...http, ''])).optional(),
        ),
        targetPort: port.optional(),
      }),
    )
    .optional(),
  resolution: choice(resolutions, run).optional(),
  location: z
    .enum(['MESH_EXTERNAL', 'MESH_INTERNAL'])
    .optional()
    .register(fieldNotes, { status: 'accepted', note: 'decides on TLS between proxies only' }),
  endpoints: z.array(endpoint).optional(),
  exportTo: z.array(z.string()).optional(),
});
spec = across(spec, ['hosts'], ({ hosts }, ctx) => {
  if (hosts.length === 0) say(ctx, ['hosts'], 'needs at least one host');
});
spec = across(spec, ['ports'], ({ ports = [] }, ctx) => {
  for (const [i, { number, name }] of ports.entries()) {
    const before = ports.slice(0, i);
    if (before.some((other) => other.number === number)) say(ctx, ['ports', i, 'number'], `${number}: twice`);
    if (before.some((other) => other.name === name)) say(ctx, ['ports', i, 'name'], `${name}: twice`);
  }
});
const resolves = ['hosts', 'addresses', 'ports', 'resolution', 'endpoints'] as const;
spec = across(spec, resolves, checkResolution);

type Written = Pick<z.infer<typeof spec>, (typeof resolves)[number]>;

export const serviceEntry = ruleKind<typeof spec, ServiceEntry>(
  'ServiceEntry',
  spec,
  exportToCheck(true),
  (written, { at: _, ...meta }, labels) => ({
    kind: 'ServiceEntry',
    ...meta,
    labels,
    hosts: written.hosts,
    exportTo: written.exportTo ?? [],
    ports: (written.ports ?? []).map((entry) => ({
      ...entry,
      protocol: (entry.protocol || 'HTTP').toUpperCase(),
    })),
    resolution: written.resolution === 'DYNAMIC_DNS' ? 'NONE' : (written.resolution ?? 'NONE'),
    endpoints: (written.endpoints ?? []).map(({ address, ports = {}, labels = {} }) => ({
      address,
      ports: new Map(Object.entries(ports)),
      labels,
    })),
  }),
);

function checkResolution(written: Written, ctx: z.RefinementCtx): void {
  const { hosts, addresses = [], ports = [], resolution = 'NONE', endpoints } = written;
  const dns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  if (resolution === 'NONE' && endpoints) say(ctx, ['endpoints'], 'not with resolution NONE');
  if (resolution === 'DNS_ROUND_ROBIN' && (endpoints?.length ?? 0) > 1) {
    say(ctx, ['endpoints'], 'one at most with resolution DNS_ROUND_ROBIN');
  }
  if (dns && addresses.some((address) => address.includes('/'))) {
    say(ctx, ['addresses'], `CIDRs are not for resolution ${resolution}`);
  }
  const unnamed = ports.findIndex(({ protocol }) => !protocol);
  if (resolution !== 'NONE' && hosts.length > 1 && unnamed >= 0) {
    say(
      ctx,
      ['ports', unnamed, 'protocol'],
      'is missing; several hosts can share a port only where it is HTTP',
    );
  }
  if (dns && !endpoints?.length) {
    for (const [i, host] of hosts.entries()) {
      if (fqdnProblem(host))
        say(ctx, ['hosts', i], `${host}: resolution ${resolution} needs endpoints for it`);
    }
  }
  for (const [i, { address, ports: own = {} }] of (endpoints ?? []).entries()) {
    const path = ['endpoints', i];
    if (
      isIP(address) === 0 &&
      !address.startsWith('unix://') &&
      (resolution === 'STATIC' || fqdnProblem(address))
    ) {
      const wanted = resolution === 'STATIC' ? 'an IP address' : 'an IP address or a host';
      say(ctx, [...path, 'address'], `${JSON.stringify(address)}: resolution ${resolution} needs ${wanted}`);
    }
    for (const name of Object.keys(own)) {
      if (!ports.some((port) => port.name === name))
        say(ctx, [...path, 'ports', name], `${name}: not one of spec.ports`);
    }
  }
}

function isAddress(address: string): boolean {
  const [ip = '', bits, ...rest] = address.split('/');
  const family = isIP(ip);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
