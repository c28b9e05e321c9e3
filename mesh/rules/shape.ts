/**
 * The shapes of Istio's messages, as zod schemas in which every field has a stand: it is run; or it is accepted,
 * because a client cannot see what it does; or it is refused by name. What is in none of these no Istio knows.
 */
import { z } from 'zod';

import { fieldNotes, notRun } from './fields.ts';
import { never } from './never.ts';
import { unrunFields } from './unrun-fields.ts';

/**
 * An object with the given fields that are run, and those that unrun-fields.ts has for this message of Istio's API.
 * Refused and unknown fields do not hide what else is wrong with the object.
 */
export function shape<Fields extends z.ZodRawShape>(message: string, fields: Fields): z.ZodObject<Fields> {
  const { accepted = {}, refused = {} } = unrunFields[message] ?? {};
  const all: Record<string, z.ZodType> = { ...(fields as unknown as Record<string, z.ZodType>) };
  for (const [name, { type, why }] of Object.entries(accepted)) {
    all[name] = type.optional().register(fieldNotes, { status: 'accepted', note: why });
  }
  for (const [name, note] of Object.entries(refused)) {
    all[name] = z
      .custom(() => false, { error: note === never ? never : notRun, abort: false })
      .optional()
      .register(fieldNotes, { status: 'refused', note });
  }
  const unknown = z.custom(() => false, { abort: false, params: { known: Object.keys(all) } });
  return z.object(all).catchall(unknown) as unknown as z.ZodObject<Fields>;
}
