/** Destination: where a request goes, for routes and mirrors. */
import type { z } from 'zod';
import { port, text } from './fields.ts';
import { hostProblem, isLabel, resolveHost } from './hosts.ts';
import type { Destination, Place } from './model.ts';
import { shape } from './shape.ts';

const fields = {
  host: text((host) => (host === '*' ? '*: not a destination' : hostProblem(host))),
  subset: text(subsetProblem).optional(),
  port: shape('PortSelector', { number: port }).optional(),
};

export const destination = shape('Destination', fields);

/** What is wrong with the name of a subset. */
function subsetProblem(name: string): string | undefined {
  // Istio reads an empty subset of a destination as none.
  return name === '' || isLabel(name) ? undefined : `${JSON.stringify(name)}: not a name for a subset`;
}

/** A destination written in a rule of `namespace`. */
export function toDestination(
  written: z.infer<z.ZodObject<typeof fields>>,
  namespace: string,
  place: Place,
): Destination {
  return {
    host: resolveHost(written.host, namespace),
    subset: written.subset || undefined,
    port: written.port?.number,
    place,
  };
}
