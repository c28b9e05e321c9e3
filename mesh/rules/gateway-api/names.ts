/** Names as the CRDs of the Gateway API let them through. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { text } from '../fields.ts';

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(?:\\.${label})*$`);
const namespacePattern = new RegExp(`^${label}$`);
const kindPattern = /^[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

/** Of an object, a listener or a rule. */
export const objectName = text((name) =>
  name.length <= 253 && subdomain.test(name)
    ? undefined
    : `${JSON.stringify(name)}: not a name; small letters, digits, "-" and "."`,
);

export const namespaceName = text((name) =>
  name.length <= 63 && namespacePattern.test(name) ? undefined : `${JSON.stringify(name)}: not a namespace`,
);

/** Any text that names an object of a kind that is not looked at. */
export const anyName = text((name) => (name === '' ? 'must not be empty' : undefined));

export const groupName = text((name) =>
  name === '' || subdomain.test(name) ? undefined : `${JSON.stringify(name)}: not a group of an API`,
);

export const kindName = text((name) =>
  kindPattern.test(name) ? undefined : `${JSON.stringify(name)}: not a kind of object`,
);

/** `shop.example.com`; with a star in front where `wildcard`. */
export function hostname(wildcard: boolean): z.ZodString {
  return text((name) => {
    const plain = wildcard ? name.replace(/^\*\./, '') : name;
    if (name.length > 253 || !subdomain.test(plain)) return `${JSON.stringify(name)}: not a hostname`;
    return isIP(name) ? `${name}: an address; a hostname is wanted` : undefined;
  });
}

/** A list that the CRD bounds. */
export function list<T extends z.ZodType>(entry: T, max: number): z.ZodArray<T> {
  return z.array(entry).superRefine((entries, ctx) => {
    if (entries.length > max)
      ctx.addIssue({ code: 'custom', message: `${entries.length} entries; at most ${max} are allowed` });
  });
}
