/** VirtualService: https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
import { z } from 'zod';
import { exportedTo, exportToCheck } from './export-to.ts';
import { across, notRun, say } from './fields.ts';
import { gatewayProblems, hostOrAddressProblem, hostsOverlap, resolveGateway, resolveHost } from './hosts.ts';
import { httpRoute, toHttpRoute } from './http-route.ts';
import type { VirtualService } from './model.ts';
import { ruleKind } from './object.ts';
import { shape } from './shape.ts';

let spec = shape('VirtualService', {
  hosts: z.array(z.string()).optional(),
  gateways: z.array(z.string()).optional(),
  exportTo: z.array(z.string()).optional(),
  http: z.array(httpRoute).optional(),
});
spec = across(spec, ['hosts', 'gateways'], ({ hosts = [], gateways = [] }, ctx) => {
  if (hosts.length === 0) {
    say(ctx, ['hosts'], `without hosts it is a delegate, which is ${notRun}`);
  }
  checkHosts(hosts, gateways, ctx);
});
spec = across(spec, ['gateways'], ({ gateways = [] }, ctx) => {
  for (const { index, message } of gatewayProblems(gateways)) say(ctx, ['gateways', index], message);
});
spec = across(spec, ['http'], (written, ctx) => {
  if (!written.http?.length && !('tcp' in written) && !('tls' in written)) {
    say(ctx, ['http'], 'needs at least one route');
  }
});

export const virtualService = ruleKind<typeof spec, VirtualService>(
  'VirtualService',
  spec,
  exportToCheck(),
  (written, { at, ...meta }) => ({
    kind: 'VirtualService',
    ...meta,
    hosts: (written.hosts ?? []).map((host) => resolveHost(host, meta.namespace)),
    gateways: (written.gateways?.length ? written.gateways : ['mesh']).map((gateway) =>
      resolveGateway(gateway, meta.namespace),
    ),
    exportTo: exportedTo(written.exportTo),
    http: (written.http ?? []).map((route, i) =>
      toHttpRoute(route, meta.namespace, (path) => at(['http', i, ...path])),
    ),
  }),
);

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
    say(ctx, ['hosts', i], problem);
  }
  if (!valid) return;
  for (const [i, host] of hosts.entries()) {
    const twin = hosts.slice(0, i).find((other) => hostsOverlap(other, host));
    if (twin !== undefined) say(ctx, ['hosts', i], `${host}: already covered by ${twin}`);
  }
}
