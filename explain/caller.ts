/** Whom `--from` means. */

import { Option } from 'commander';
import { gatewayPods } from '../lanes/generate/gateway.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { Failure } from '../runtime/failure.ts';
import { type Caller, sidecarOf } from './walk.ts';

export function fromOption(who: string): Option {
  return new Option(
    '--from <client>',
    `${who}: a version (service-a/release-v1) or any pod (default/curl); on a cluster pod/NAME, deploy/NAME, or gateway for that of the namespace; default: the gateway`,
  );
}

/** @throws Failure where nobody can be meant */
export function callerOf(lanes: Lanes, { from, sidecar }: { from?: string; sidecar: boolean }): Caller {
  if (from === undefined) {
    if (!sidecar)
      throw new Failure('--no-sidecar is about a client inside: say which with --from, e.g. default/curl', 2);
    const { namespace, selector: labels } = gatewayPods;
    return { type: 'proxy', proxy: { type: 'gateway', name: 'gateway', namespace, labels } };
  }
  const [first = '', second = '', ...rest] = from.split('/');
  if (!first || !second || rest.length > 0) {
    throw new Failure(
      `--from ${from}: write SERVICE/VERSION or NAMESPACE/NAME, e.g. service-a/release-v1, default/curl`,
      2,
    );
  }
  const service = lanes.services.find(({ name }) => name === first);
  const version = service?.versions.find(({ name }) => name === second);
  if (service && !version) {
    const known = service.versions.map(({ name }) => name).join(', ');
    throw new Failure(`--from ${from}: ${lanes.file} has no such version of ${first} (has: ${known})`, 2);
  }
  if (!sidecar) return { type: 'plain', name: second, namespace: service?.namespace ?? first };
  if (service && version) return { type: 'proxy', proxy: sidecarOf(service, version) };
  return {
    type: 'proxy',
    proxy: { type: 'sidecar', name: from, namespace: first, labels: { app: second } },
  };
}
