/** References to other objects: the parents of a route, and where its requests go. */
import type { z } from 'zod';
import { noted, notRun, port, say, text } from '../fields.ts';
import type { Place } from '../model.ts';
import { shape } from '../shape.ts';
import { type BackendRef, gatewayApiGroup, type ParentRef } from './model.ts';
import { anyName, groupName, kindName, list, namespaceName, objectName } from './names.ts';

/** Kinds that Istio takes as parents and the local mesh does not. */
export const parentsNotRun = ['ServiceEntry', 'ListenerSet'];
/** The same of backends; what neither knows leads to 500. */
export const backendsNotRun = ['Hostname', 'ServiceImport'];

const parentFields = {
  group: noted('default gateway.networking.k8s.io; "" for a Service', groupName.optional()),
  kind: noted(
    `default Gateway; Service steers the sidecars of its callers; refused: ${parentsNotRun.join(', ')}`,
    kindName
      .superRefine((kind, ctx) => {
        if (parentsNotRun.includes(kind)) say(ctx, [], `${kind}: ${notRun}`);
      })
      .optional(),
  ),
  name: anyName,
  namespace: namespaceName.optional(),
  sectionName: objectName.optional(),
  port: port.optional(),
};

const parentRef = shape('GatewayAPI.ParentReference', parentFields);

/** Several of one parent are told apart by their section or port, as the CRD wants it. */
export const parentRefs = list(parentRef, 32).superRefine((refs, ctx) => {
  const parentOf = ({
    group = gatewayApiGroup,
    kind = 'Gateway',
    name,
    namespace = '',
  }: (typeof refs)[number]) => [group, kind, namespace, name].join('/');
  for (const [i, ref] of refs.entries()) {
    const same = refs.slice(0, i).filter((other) => parentOf(other) === parentOf(ref));
    if (same.some(({ sectionName, port }) => sectionName === ref.sectionName && port === ref.port)) {
      say(ctx, [i], 'this parent is in the list already, with this section and port');
    } else if (same.some((other) => isWhole(other) || isWhole(ref))) {
      say(ctx, [i], 'this parent is in the list already: name a sectionName or port in each');
    }
  }
});

function isWhole({
  sectionName,
  port,
}: {
  sectionName?: string | undefined;
  port?: number | undefined;
}): boolean {
  return sectionName === undefined && port === undefined;
}

export function toParentRef(
  written: z.infer<z.ZodObject<typeof parentFields>>,
  namespace: string,
  place: Place,
): ParentRef {
  const { group = gatewayApiGroup, kind = 'Gateway', name, sectionName } = written;
  return {
    place,
    group,
    kind,
    name,
    namespace: written.namespace ?? namespace,
    ...(sectionName !== undefined && { sectionName }),
    ...(written.port !== undefined && { port: written.port }),
  };
}

export const backendFields = {
  group: noted('default: that of Service', groupName.optional()),
  kind: noted(
    `default Service; refused: ${backendsNotRun.join(', ')}; others answer 500`,
    kindName
      .superRefine((kind, ctx) => {
        if (backendsNotRun.includes(kind)) say(ctx, [], `${kind}: ${notRun}`);
      })
      .optional(),
  ),
  name: text((name) => (name === '' ? 'must not be empty' : undefined)),
  namespace: noted('from a Gateway needs a ReferenceGrant', namespaceName.optional()),
  port: port.optional(),
};
export type WrittenBackend = z.infer<z.ZodObject<typeof backendFields>>;

/** A Service is reached on a port. */
export function checkBackendPort(
  { group = '', kind = 'Service', port }: { group?: string; kind?: string; port?: number },
  ctx: z.RefinementCtx,
): void {
  if (group === '' && kind === 'Service' && port === undefined) {
    say(ctx, ['port'], 'is missing: a Service is reached on a port');
  }
}

export function toBackendRef(written: WrittenBackend, place: Place): BackendRef {
  const { group = '', kind = 'Service', name, namespace, port } = written;
  return {
    place,
    group,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(port !== undefined && { port }),
  };
}
