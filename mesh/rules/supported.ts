/** Every field of every kind, and what the local mesh does with it: read off the parser's own schemas. */
import type { z } from 'zod';
import { fieldNotes } from './fields.ts';
import { kinds } from './kinds.ts';

export interface SupportedField {
  kind: string;
  /** `spec.http[].match[].uri.exact`; `{}` stands for any key. */
  field: string;
  /** `accepted`: read, and left undone because no client could tell. */
  status: 'run' | 'accepted' | 'refused';
  note?: string;
}

/** In the order of the schemas; a field with fields of its own is listed before them. */
export function supportedFields(): SupportedField[] {
  return Object.values(kinds).flatMap(({ kind, spec }) =>
    fieldsOf(spec, 'spec').map((field) => ({ kind, ...field })),
  );
}

type Field = Omit<SupportedField, 'kind'>;

function fieldsOf(schema: z.core.$ZodType, path: string): Field[] {
  const { def } = (schema as z.ZodType)._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'optional':
    case 'nullable':
      return fieldsOf(def.innerType, path);
    case 'array':
      return fieldsOf(def.element, `${path}[]`);
    case 'record':
      return fieldsOf(def.valueType, `${path}{}`);
    case 'union': {
      // The same field may stand in several alternatives.
      const all = def.options.flatMap((option) => fieldsOf(option, path));
      return all.filter(({ field }, i) => all.findIndex((other) => other.field === field) === i);
    }
    case 'object':
      return Object.entries(def.shape).flatMap(([name, inner]) => {
        const field = `${path}.${name}`;
        const { status, note } = noteOf(inner) ?? { status: 'run' as const };
        const own: Field = note ? { field, status, note } : { field, status };
        // What is not run is not taken apart.
        return status === 'run' ? [own, ...fieldsOf(inner, field)] : [own];
      });
    default:
      return [];
  }
}

/** The note on a field, which may stand on what its schema wraps. */
function noteOf(schema: z.core.$ZodType): { status: SupportedField['status']; note?: string } | undefined {
  const own = fieldNotes.get(schema as z.ZodType);
  if (own) return own;
  const { def } = (schema as z.ZodType)._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  return def.type === 'optional' || def.type === 'nullable' ? noteOf(def.innerType) : undefined;
}
