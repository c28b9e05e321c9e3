/** What stands before each pod that may answer: who may call it, and what of that is not judged here. */

import { proxyType } from '../../cluster/pods.ts';
import type { RequestHead } from '../../mesh/routing/decision.ts';
import { rootNamespace, selects } from '../../mesh/routing/visibility.ts';
import type { Ending } from '../hop.ts';
import { type Authorization, authorize } from './authorization.ts';
import type { LiveCaller } from './caller.ts';
import type { LiveMesh } from './live-mesh.ts';
import { strictBy } from './peer-authentication.ts';
import type { Pod } from './resources.ts';

/** What one pod says to the caller. */
export interface Admission {
  /** `shop/api-v1-7d9f-x`; or `the gateway itself`. */
  pod: string;
  policies: Authorization['policies'];
  /** Why the caller is not let in; undefined: it is, or nobody can say. */
  refusal?: string;
  notJudged: readonly string[];
}

/** @param head as the callee gets it */
export function admissionsOf(
  mesh: LiveMesh,
  caller: LiveCaller,
  head: RequestHead,
  endings: readonly Ending[],
): Admission[] {
  const atCallee = endings.flatMap(({ answerers, way }) =>
    answerers.flatMap((answerer) => {
      if (answerer.type === 'outside') return [];
      const namespace = answerer.host.split('.')[1] ?? '';
      const pod = mesh.live.pods.get(`${namespace}/${answerer.endpoint.name}`);
      const { path = head.path, authority = head.authority } = way?.decision ?? {};
      return pod
        ? [admissionOf(mesh, caller, { pod, port: answerer.endpoint.port }, { ...head, path, authority })]
        : [];
    }),
  );
  const isGateway = caller.proxy?.type === 'gateway';
  return isGateway
    ? [{ ...gatewayItself(mesh, caller, head), pod: 'the gateway itself' }, ...atCallee]
    : atCallee;
}

function admissionOf(
  { snapshot, meshConfig }: LiveMesh,
  caller: LiveCaller,
  { pod, port }: { pod: Pod; port: number },
  head: RequestHead,
): Admission {
  const { namespace, name, labels = {} } = pod.metadata;
  const named = `${namespace}/${name}`;
  if (!proxyType(pod)) return { pod: named, policies: [], notJudged: [] };
  const domain = meshConfig.trustDomain ?? 'cluster.local';
  const from = caller.pod.metadata.namespace;
  const account = caller.pod.spec.serviceAccountName ?? 'default';
  const identity = caller.proxy
    ? { principal: `${domain}/ns/${from}/sa/${account}`, namespace: from }
    : { principal: null, namespace: null };
  const { method, path, authority, headers } = head;
  const workload = { namespace, labels };
  const { policies, allowed } = authorize(snapshot.authorizationPolicies.items, workload, {
    ...identity,
    method,
    path,
    authority,
    port,
    headers,
  });
  const strict = caller.proxy ? undefined : strictBy(snapshot.peerAuthentications.items, workload, port);
  const refusal = strict
    ? `connection reset: ${strict} takes callers with a sidecar only (mTLS STRICT)`
    : allowed === false
      ? '403: RBAC: access denied'
      : undefined;
  const tokens = snapshot.requestAuthentications.items
    .filter(({ metadata, spec }) => {
      const selector = (spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
      const isNear = metadata.namespace === namespace || metadata.namespace === rootNamespace;
      return isNear && selects(selector.matchLabels ?? {}, labels);
    })
    .map(
      ({ metadata }) =>
        `RequestAuthentication ${metadata.namespace}/${metadata.name}: a token, if one is sent`,
    );
  return { pod: named, policies, ...(refusal && { refusal }), notJudged: tokens };
}

/** A client outside has no certificate of the mesh; the gateway's own policies see it so. */
function gatewayItself(mesh: LiveMesh, { pod }: LiveCaller, head: RequestHead): Admission {
  return admissionOf(mesh, { pod }, { pod, port: head.port }, head);
}
