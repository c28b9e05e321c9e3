/** Why a host that a rule writes is that of no service. */
import { isWildcard } from '../routing/hosts.ts';
import { nearest } from '../rules/problem.ts';
import type { RemarkCode } from './remark.ts';

export interface UnknownHost {
  code: Extract<RemarkCode, 'host-unknown' | 'host-whole-name' | 'host-capitals'>;
  message: string;
  wayOut?: string;
}

const ofCluster = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;

/**
 * @param host in full, as in the model
 * @param known the hosts of all services and ServiceEntries; `host` is none of them
 */
export function unknownHost(host: string, known: readonly string[]): UnknownHost {
  const lower = host.toLowerCase();
  if (host !== lower && known.includes(lower)) {
    return {
      code: 'host-capitals',
      message: `${host}: hosts are compared as they are written, and no service has these capitals`,
      wayOut: `write ${shortOf(lower)}`,
    };
  }
  const [, name, namespace] = ofCluster.exec(host) ?? [];
  if (name !== undefined && namespace !== undefined) return noSuchService(name, namespace, known);

  const whole = [`${host}.svc.cluster.local`, `${host}.cluster.local`].find((full) => known.includes(full));
  if (whole !== undefined) {
    return {
      code: 'host-whole-name',
      message: `${host}: has a dot, so it is taken as a whole name, which no service has`,
      wayOut: `write ${whole}`,
    };
  }
  const meant = nearest(host, known);
  return {
    code: 'host-unknown',
    message: `${host}: no service and no ServiceEntry has this host`,
    wayOut: meant ? `did you mean ${meant}?` : isWildcard(host) ? undefined : 'add a ServiceEntry for it',
  };
}

function noSuchService(name: string, namespace: string, known: readonly string[]): UnknownHost {
  const services = known.flatMap((host) => {
    const [, service, home] = ofCluster.exec(host) ?? [];
    return service !== undefined && home !== undefined ? [{ service, home, host }] : [];
  });
  const elsewhere = services.find(({ service }) => service === name);
  if (elsewhere) {
    return {
      code: 'host-unknown',
      message: `${name}: no such service in namespace ${namespace}; there is one in ${elsewhere.home}`,
      wayOut: `write ${elsewhere.host}`,
    };
  }
  const here = services.filter(({ home }) => home === namespace).map(({ service }) => service);
  const meant = nearest(name, here);
  return {
    code: 'host-unknown',
    message: `${name}: no such service in namespace ${namespace} (has: ${here.join(', ') || 'none'})`,
    ...(meant && { wayOut: `did you mean ${meant}?` }),
  };
}

/** `service-b` for the whole name of a service of the cluster. */
function shortOf(host: string): string {
  const [, name] = ofCluster.exec(host) ?? [];
  return name ?? host;
}
