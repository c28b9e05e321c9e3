/** Paths as Envoy normalises them before it looks for a route. */
import type { RequestHead } from './decision.ts';

const needsWork = /\\|\/(?:\.|%2e)/i;

/**
 * The head with its path normalised: dot segments resolved, backslashes turned; the query untouched. It is Istio's
 * default, so neither a rule nor an upstream ever sees `/a/../b`
 * (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization, BASE).
 */
export function withNormalPath(head: RequestHead): RequestHead {
  const start = head.path.indexOf('?');
  const path = start === -1 ? head.path : head.path.slice(0, start);
  if (!needsWork.test(path)) return head;
  const query = start === -1 ? '' : head.path.slice(start);
  return { ...head, path: resolved(path.replaceAll('\\', '/')) + query };
}

/** RFC 3986, 5.2.4. */
function resolved(path: string): string {
  const segments: string[] = [];
  const [, ...parts] = path.split('/');
  for (const [index, part] of parts.entries()) {
    const dots = part.replace(/%2e/gi, '.');
    if (dots === '..') segments.pop();
    if (dots !== '.' && dots !== '..') segments.push(part);
    // A dot segment at the end leaves its slash.
    else if (index === parts.length - 1) segments.push('');
  }
  return `/${segments.join('/')}`;
}
