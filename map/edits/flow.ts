/** A value in one line of YAML, as the rules of this kit are written: `[{ destination: { host: service-b } }]`. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `${flow(key)}: ${flow(field)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'string' ? text(value) : String(value);
}

/** What YAML, of either version, would not read as this string is quoted. */
function text(value: string): string {
  const isPlain = /^[A-Za-z][\w./+-]*$|^\d+(\.\d+)?(ms|s|m|h)$/.test(value);
  const isOther = /^(y|n|yes|no|on|off|true|false|null)$/i.test(value);
  return isPlain && !isOther ? value : JSON.stringify(value);
}
