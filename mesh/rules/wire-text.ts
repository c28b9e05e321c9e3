/** Text that ends up in the head of a request or an answer: what HTTP cannot carry there is refused with its rule. */
import { text } from './fields.ts';

/** What no header can hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

/** A header value, or a part of one: no control characters (RFC 9110, 5.5). What is not ASCII goes out as UTF-8. */
export const headerText = text((value) => (control.test(value) ? controlComplaint : undefined));

export const controlComplaint = 'control characters in a header value';

/** Whether a header value can hold it. */
export function isHeaderText(value: string): boolean {
  return !control.test(value);
}

/** A path, or a part of one: a request line ends at the first space, and holds ASCII only (RFC 9112, 3). */
export const pathText = text((value) => {
  const [odd] = /[^\x21-\x7e]/u.exec(value) ?? [];
  return (
    odd &&
    `${JSON.stringify(value)}: a path is visible ASCII; write ${JSON.stringify(odd)} as ${encoded(odd)}`
  );
});

function encoded(char: string): string {
  return [...Buffer.from(char)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
