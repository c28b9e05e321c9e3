/** W3C baggage, `key=value;property, key2=value2`: https://www.w3.org/TR/baggage/ */

/** The value of a member, percent-decoded; undefined: there is none. Of several with this key the first. */
export function baggageMember(baggage: string, key: string): string | undefined {
  for (const member of baggage.split(',')) {
    const [name = '', ...value] = (member.split(';')[0] ?? '').split('=');
    if (name.trim() === key && value.length > 0) return decoded(value.join('=').trim());
  }
  return undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
