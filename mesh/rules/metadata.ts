/** metadata: what every Kubernetes object has. */
import { z } from 'zod';
import { text } from './fields.ts';

const nameForm = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const namespaceForm = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const strings = z.record(z.string(), z.string());

/** What `kubectl get -o yaml` prints beside name and namespace is accepted: it says nothing about requests. */
export const metadata = z
  .object({
    name: text((name) =>
      name.length <= 253 && nameForm.test(name)
        ? undefined
        : `${JSON.stringify(name)}: not a name for an object`,
    ),
    namespace: text((name) =>
      name.length <= 63 && namespaceForm.test(name) ? undefined : `${JSON.stringify(name)}: not a namespace`,
    ),
    labels: strings.nullish(),
    annotations: strings.nullish(),
    creationTimestamp: z.unknown().optional(),
    deletionGracePeriodSeconds: z.unknown().optional(),
    deletionTimestamp: z.unknown().optional(),
    finalizers: z.unknown().optional(),
    generateName: z.unknown().optional(),
    generation: z.unknown().optional(),
    managedFields: z.unknown().optional(),
    ownerReferences: z.unknown().optional(),
    resourceVersion: z.unknown().optional(),
    selfLink: z.unknown().optional(),
    uid: z.unknown().optional(),
  })
  .catchall(
    z.custom(() => false, {
      abort: false,
      params: { known: ['name', 'namespace', 'labels', 'annotations'] },
    }),
  );
