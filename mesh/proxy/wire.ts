/**
 * Rules are Unicode; header lines here are bytes, each a character of Latin-1, as node and undici have them. Envoy writes
 * the text of rules as UTF-8, and compares with the bytes that came.
 */

const beyondAscii = /[^\0-\x7f]/;

/** The bytes that are sent for a rule's text. */
export function toWire(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** What rules are compared with; bytes that are no UTF-8 stay as they are. */
export function fromWire(bytes: string): string {
  if (!beyondAscii.test(bytes)) return bytes;
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? bytes : text;
}
