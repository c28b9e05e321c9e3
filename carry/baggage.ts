/** W3C baggage, `key=value;property, key2=value2`: https://www.w3.org/TR/baggage/ */

/** What everybody has to carry on, https://www.w3.org/TR/baggage/#limits; beyond it members may be dropped. */
export const mostMembers = 64;
const mostBytes = 8_192;
/** 64 members of a key and an equals sign, and the commas between them. */
const shortestFull = 3 * mostMembers - 1;

/**
 * Baggage of at most 64 members and 8,192 bytes, which every library carries on whole: as it came where it is that
 * already. Else the member `key` is kept, at the front where none drops it, and of the others as many as there is room
 * for, in their order.
 */
export function boundedBaggage(baggage: string, key: string): string {
  if (baggage.length <= shortestFull) return baggage;
  const members = baggage.split(',');
  if (members.length <= mostMembers && baggage.length <= mostBytes) return baggage;
  const isKey = (member: string) => keyOf(member) === key;
  const first = members.find(isKey);
  const kept: string[] = [];
  let bytes = -1;
  for (const member of [...(first === undefined ? [] : [first]), ...members.filter((one) => !isKey(one))]) {
    const written = member.trim();
    if (kept.length === mostMembers || bytes + 1 + written.length > mostBytes) break;
    kept.push(written);
    bytes += 1 + written.length;
  }
  return kept.join(',');
}

/** The value of a member, percent-decoded; undefined: there is none. Of several with this key the first. */
export function baggageMember(baggage: string, key: string): string | undefined {
  for (const member of baggage.split(',')) {
    const [, ...value] = (member.split(';')[0] ?? '').split('=');
    if (keyOf(member) === key && value.length > 0) return decoded(value.join('=').trim());
  }
  return undefined;
}

function keyOf(member: string): string {
  return (member.split(/[=;]/)[0] ?? '').trim();
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
