/** VirtualService: https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
import { z } from 'zod';
import { exportedTo, exportToProblems } from './export-to.ts';
import { say } from './fields.ts';
import { gatewayProblems, hostOrAddressProblem, hostsOverlap, resolveGateway, resolveHost } from './hosts.ts';
import { httpRoute, toHttpRoute } from './http-route.ts';
import type { VirtualService } from './model.ts';
import { ruleKind } from './object.ts';
import { shape } from './shape.ts';

const spec = shape('VirtualService', {
  hosts: z.array(z.string()).optional(),
  gateways: z.array(z.string()).optional(),
  exportTo: z.array(z.string()).optional(),
  http: z.array(httpRoute).optional(),
});

type Written = z.infer<typeof spec>;

export const virtualService = ruleKind<typeof spec, VirtualService>(
  'VirtualService',
  spec,
  (written, { namespace }, ctx) => {
    const { hosts = [], gateways = [], exportTo = [], http = [] } = written;
    if (hosts.length === 0) {
      say(
        ctx,
        ['spec', 'hosts'],
        'without hosts it is a delegate, which the local mesh does not run; use a cluster',
      );
    }
    for (const { index, message } of gatewayProblems(gateways))
      say(ctx, ['spec', 'gateways', index], message);
    checkHosts(hosts, gateways, ctx);
    if (http.length === 0 && !('tcp' in written) && !('tls' in written)) {
      say(ctx, ['spec', 'http'], 'needs at least one route');
    }
    for (const { index, message } of exportToProblems(exportTo, namespace)) {
      say(ctx, ['spec', 'exportTo', index], message);
    }
  },
  (written, { at, ...meta }) => ({
    kind: 'VirtualService',
    ...meta,
    hosts: (written.hosts ?? []).map((host) => resolveHost(host, meta.namespace)),
    gateways: gatewaysOf(written).map((gateway) => resolveGateway(gateway, meta.namespace)),
    exportTo: exportedTo(written.exportTo),
    http: (written.http ?? []).map((route, i) =>
      toHttpRoute(route, meta.namespace, (path) => at(['http', i, ...path])),
    ),
  }),
);

function gatewaysOf({ gateways = [] }: Written): string[] {
  return gateways.length > 0 ? gateways : ['mesh'];
}

function checkHosts(hosts: readonly string[], gateways: readonly string[], ctx: z.RefinementCtx): void {
  const mesh = gateways.length === 0 || gateways.includes('mesh');
  let valid = true;
  for (const [i, host] of hosts.entries()) {
    const problem =
      hostOrAddressProblem(host) ??
      (mesh && host === '*'
        ? '*: not together with the gateway mesh; name the hosts or a Gateway'
        : undefined);
    if (!problem) continue;
    valid = false;
    say(ctx, ['spec', 'hosts', i], problem);
  }
  if (!valid) return;
  for (const [i, host] of hosts.entries()) {
    const twin = hosts.slice(0, i).find((other) => hostsOverlap(other, host));
    if (twin !== undefined) say(ctx, ['spec', 'hosts', i], `${host}: already covered by ${twin}`);
  }
}
