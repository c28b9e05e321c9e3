/** What rules of HTTPRoutes and of GRPCRoutes have alike: a name, and where requests go. */
import type { z } from 'zod';
import { noted, whole } from '../fields.ts';
import type { Place } from '../model.ts';
import type { Path } from '../problem.ts';
import { shape } from '../shape.ts';
import { type mirror, mirrorShare } from './filters.ts';
import { modifiersOf } from './header-list.ts';
import type { ApiRule } from './model.ts';
import { list } from './names.ts';
import { backendFields, checkBackendPort, toBackendRef } from './references.ts';

/** @param message of the API @param filters those that a backend may have */
export function backendRefs<Filters extends z.ZodType>(message: string, filters: Filters) {
  return list(
    shape(message, {
      ...backendFields,
      weight: noted('default 1', whole(0, 1_000_000).optional()),
      filters: filters.optional(),
    }).superRefine(checkBackendPort),
    16,
  );
}

type Modifiers = Parameters<typeof modifiersOf>[0];

interface WrittenParts {
  name?: string | undefined;
  filters?: readonly { requestMirror?: z.infer<typeof mirror> | undefined }[] | undefined;
  backendRefs?:
    | readonly (Parameters<typeof toBackendRef>[0] & {
        weight?: number | undefined;
        filters?: Modifiers | undefined;
      })[]
    | undefined;
}

/** `at` takes paths below the rule. */
export function commonOf(
  { name, filters = [], backendRefs: backends = [] }: WrittenParts,
  at: (path: Path) => Place,
): Pick<ApiRule, 'place' | 'name' | 'backends' | 'mirrors'> {
  return {
    place: at([]),
    ...(name !== undefined && { name }),
    backends: backends.map((backend, i) => ({
      ...toBackendRef(backend, at(['backendRefs', i])),
      weight: backend.weight ?? 1,
      headers: modifiersOf(backend.filters ?? []),
    })),
    mirrors: filters.flatMap(({ requestMirror }, i) =>
      requestMirror
        ? {
            backend: toBackendRef(requestMirror.backendRef, at(['filters', i, 'requestMirror'])),
            percent: mirrorShare(requestMirror),
          }
        : [],
    ),
  };
}
