/** HTTPHeaderFilter: headers as a list of names and values, made into what VirtualServices have. */
import type { z } from 'zod';
import { text } from '../fields.ts';
import {
  checkRequestHeader,
  checkResponseHeader,
  headerNames,
  toHeaderOperations,
} from '../header-operations.ts';
import type { HeaderOperations } from '../model.ts';
import { shape } from '../shape.ts';
import { list } from './names.ts';

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

export const headerName = text((name) =>
  name.length <= 256 && token.test(name) ? undefined : `${JSON.stringify(name)} is not the name of a header`,
);
export const valueText = text((value) => (value === '' ? 'must not be empty' : undefined));

type Check = typeof checkRequestHeader;

function lines(check: Check) {
  const line = shape('GatewayAPI.HTTPHeader', { name: headerName, value: valueText });
  return list(line, 16).superRefine((entries, ctx) => {
    const names = entries.map(({ name }) => name.toLowerCase());
    for (const [i, { name, value }] of entries.entries()) {
      check(name, value, [i], ctx);
      // Of two the CRD refuses the second, of two that differ in case Istio ignores it.
      if (names.indexOf(name.toLowerCase()) < i)
        ctx.addIssue({ code: 'custom', path: [i, 'name'], message: `${name}: is in this list already` });
    }
  });
}

function modifier(check: Check) {
  return shape('GatewayAPI.HTTPHeaderFilter', {
    set: lines(check).optional(),
    add: lines(check).optional(),
    remove: headerNames.optional(),
  });
}

export const requestModifier = modifier(checkRequestHeader);
export const responseModifier = modifier(checkResponseHeader);
type WrittenModifier = z.infer<typeof requestModifier>;

/** Both modifiers of a list of filters; absent ones change nothing. */
export function modifiersOf(
  filters: readonly {
    requestHeaderModifier?: WrittenModifier | undefined;
    responseHeaderModifier?: WrittenModifier | undefined;
  }[],
): HeaderOperations {
  const [request] = filters.flatMap(({ requestHeaderModifier }) => requestHeaderModifier ?? []);
  const [response] = filters.flatMap(({ responseHeaderModifier }) => responseHeaderModifier ?? []);
  return toHeaderOperations({
    ...(request && { request: asRecords(request) }),
    ...(response && { response: asRecords(response) }),
  });
}

function asRecords({ set = [], add = [], remove = [] }: WrittenModifier) {
  const record = (entries: typeof set) =>
    Object.fromEntries(entries.map(({ name, value }) => [name.toLowerCase(), value]));
  return { set: record(set), add: record(add), remove };
}
