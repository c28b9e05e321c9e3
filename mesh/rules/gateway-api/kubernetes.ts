/**
 * Services and Namespaces among the rules. Most of them have nothing to do with rules, so what is odd about one is no
 * problem: it is left aside like any other object of Kubernetes.
 */
import { z } from 'zod';
import { port } from '../fields.ts';
import type { SourceObject } from '../source.ts';
import type { WrittenNamespace, WrittenService } from './model.ts';

const strings = z.record(z.string(), z.string());
const metadata = z.looseObject({ name: z.string(), namespace: z.string(), labels: strings.nullish() });

const service = z.looseObject({
  metadata,
  spec: z.looseObject({
    selector: strings,
    clusterIP: z.string().optional(),
    ports: z.array(
      z.looseObject({
        name: z.string().optional(),
        port,
        appProtocol: z.string().optional(),
        protocol: z.enum(['TCP']).optional(),
      }),
    ),
  }),
});

/** undefined: one whose endpoints no selector finds, or which is none. */
export function writtenService(object: SourceObject): WrittenService | undefined {
  const { success, data } = service.safeParse(object.value);
  if (!success) return undefined;
  const { metadata, spec } = data;
  return {
    kind: 'Service',
    name: metadata.name,
    namespace: metadata.namespace,
    place: object.place([]),
    selector: spec.selector,
    ports: spec.ports.map(({ name = '', port: number, appProtocol }) => ({
      name,
      number,
      ...(appProtocol !== undefined && { appProtocol }),
    })),
    headless: spec.clusterIP === 'None',
  };
}

export function writtenNamespace(object: SourceObject): WrittenNamespace | undefined {
  const { success, data } = z.looseObject({ metadata }).safeParse(object.value);
  if (!success) return undefined;
  const { name, namespace, labels } = data.metadata;
  return { kind: 'Namespace', name, namespace, place: object.place([]), labels: labels ?? {} };
}
