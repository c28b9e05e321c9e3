/** Values on Helm's command line, written so that each arrives as it is. */

/** Text stays text: `true`, `null` and `20260101` are names of versions too. Lists and maps go as JSON. */
export type HelmValue =
  | string
  | number
  | boolean
  | readonly (string | Readonly<Record<string, string>>)[]
  | Readonly<Record<string, string | number | Readonly<Record<string, string>>>>;

/**
 * The flags that give a chart these values.
 * https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
 * @param values by name; a name may be a path, as `global.hub`
 */
export function valueFlags(values: Readonly<Record<string, HelmValue>>): string[] {
  const texts: string[] = [];
  const scalars: string[] = [];
  const json: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') texts.push(`${name}=${escaped(value)}`);
    else if (typeof value === 'object') json.push('--set-json', `${name}=${JSON.stringify(value)}`);
    else scalars.push(`${name}=${value}`);
  }
  return [
    ...(texts.length > 0 ? ['--set-string', texts.join(',')] : []),
    ...(scalars.length > 0 ? ['--set', scalars.join(',')] : []),
    ...json,
  ];
}

/** A comma ends a value of `--set-string`, a brace at its beginning starts a list; a backslash takes that away. */
function escaped(value: string): string {
  return value.replaceAll(/[\\,]|^\{/g, '\\$&');
}
