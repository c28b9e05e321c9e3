/** What `rewrite` makes of a path, as Envoy's prefix_rewrite and regex_rewrite do. */
import type { RE2JS } from 're2js';
import type { Rewrite, UriMatch } from '../rules/model.ts';

/** From the path with query as it came to the path that the upstream gets. */
export type PathRewrite = (path: string) => string;

/**
 * The rewrite of a route that matched by `uri`. With a prefix the matched prefix is replaced, nothing added or taken
 * away at the seam: `/old/` to `/` is what one writes to strip a segment. An exact or regex match matched the whole
 * path, so the whole path is replaced; without a `uri` the prefix is `/`. The query always stays.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite
 */
export function pathRewrite(
  rewrite: Rewrite | undefined,
  uri: UriMatch | undefined,
): PathRewrite | undefined {
  if (rewrite?.uriRegex) {
    const { regex, rewrite: substitution } = rewrite.uriRegex;
    return (path) => {
      const end = pathEnd(path);
      return substituteAll(regex, path.slice(0, end), substitution) + path.slice(end);
    };
  }
  const replacement = rewrite?.uri;
  if (!replacement) return undefined;
  if (uri === undefined) return (path) => replacement + path.slice(1);
  if (uri.type === 'prefix' || uri.type === 'pathPrefix')
    return (path) => replacement + path.slice(uri.value.length);
  return (path) => replacement + path.slice(pathEnd(path));
}

/** Where the path proper ends and the query begins. */
function pathEnd(path: string): number {
  const end = path.indexOf('?');
  return end === -1 ? path.length : end;
}

/**
 * RE2's GlobalReplace: every match, from the left, with `\1` to `\9` for groups, `\0` for the match and `\\` for a
 * backslash. An empty match right after another match does not count.
 */
function substituteAll(regex: RE2JS, text: string, substitution: string): string {
  const matcher = regex.matcher(text);
  let result = '';
  let end = -1;
  while (matcher.find()) {
    if (matcher.start() === matcher.end() && matcher.start() === end) continue;
    result += text.slice(Math.max(end, 0), matcher.start());
    result += substitution.replace(/\\([0-9\\])/g, (_, digit: string) =>
      digit === '\\' ? '\\' : (Number(digit) <= matcher.groupCount() && matcher.group(Number(digit))) || '',
    );
    end = matcher.end();
  }
  return result + text.slice(Math.max(end, 0));
}
