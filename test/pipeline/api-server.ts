/**
 * A Kubernetes API server in memory: as much as helm and kubectl need to write objects and to find them again. It has no
 * controllers and no schemas. An object of one name is created once, which is all that Helm's lock stands on.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { KubernetesObject } from '../charts/tools.ts';
import { readSecret } from './secret-protobuf.ts';

export interface ApiServer extends AsyncDisposable {
  url: string;
  /** By path: `/api/v1/namespaces/coloring/services/service-b`. */
  objects: Map<string, KubernetesObject>;
}

/** The kinds that it has, by group and version. */
const kinds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/api/v1': { services: 'Service', secrets: 'Secret', pods: 'Pod' },
  '/apis/apps/v1': { deployments: 'Deployment' },
  '/apis/batch/v1': { jobs: 'Job' },
  '/apis/networking.istio.io/v1': { destinationrules: 'DestinationRule', virtualservices: 'VirtualService' },
  '/apis/networking.istio.io/v1alpha3': { envoyfilters: 'EnvoyFilter' },
};

type Answer = readonly [status: number, body: object];

export async function startApiServer(): Promise<ApiServer> {
  const objects = new Map<string, KubernetesObject>();
  const server = createServer(async (request, response) => answer(response, await serve(objects, request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/ */
async function serve(objects: ApiServer['objects'], request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  const discovery = discoveryOf(pathname);
  if (discovery) return [200, discovery];
  const writes = request.method !== 'GET' && request.method !== 'DELETE';
  const body = writes ? readObject(await buffer(request)) : undefined;
  if (writes && !body) return refusal(pathname, 'UnsupportedMediaType');
  const object = objects.get(pathname);
  switch (request.method) {
    case 'POST': {
      const path = `${pathname}/${body?.metadata?.name}`;
      if (objects.has(path)) return refusal(path, 'AlreadyExists');
      objects.set(path, body as KubernetesObject);
      return [201, body as KubernetesObject];
    }
    case 'GET': {
      const found = object ?? listOf(objects, pathname, searchParams);
      return found ? [200, found] : refusal(pathname, 'NotFound');
    }
    case 'DELETE':
      return objects.delete(pathname) ? [200, { kind: 'Status' }] : refusal(pathname, 'NotFound');
    default: {
      if (!object) return refusal(pathname, 'NotFound');
      const next = request.method === 'PATCH' ? merged(object, body) : body;
      objects.set(pathname, next as KubernetesObject);
      return [200, next as KubernetesObject];
    }
  }
}

/** Undefined: in a form, or of a kind, that it does not know. */
function readObject(body: Buffer): KubernetesObject | undefined {
  return body[0] === '{'.charCodeAt(0) ? JSON.parse(body.toString()) : readSecret(body);
}

function discoveryOf(path: string): object | undefined {
  if (path === '/version') return { major: '1', minor: '34', gitVersion: 'v1.34.0' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const groups = Object.keys(kinds).flatMap((group) => {
      const [, name, version] = /^\/apis\/(.+)\/(.+)$/.exec(group) ?? [];
      return name ? [{ groupVersion: `${name}/${version}`, name, version }] : [];
    });
    const versions = ({ groupVersion, version }: (typeof groups)[number]) => ({ groupVersion, version });
    return {
      kind: 'APIGroupList',
      groups: [...new Set(groups.map(({ name }) => name))].map((name) => {
        const own = groups.filter((group) => group.name === name).map(versions);
        return { name, versions: own, preferredVersion: own[0] };
      }),
    };
  }
  const resources = kinds[path];
  return (
    resources && {
      kind: 'APIResourceList',
      groupVersion: versionOf(path),
      resources: Object.entries(resources).map(([name, kind]) => ({
        ...{ name, kind, singularName: kind.toLowerCase(), namespaced: true },
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
      })),
    }
  );
}

/** Those of one namespace, or of all, with these labels. Undefined: it is no path of a collection. */
function listOf(objects: ApiServer['objects'], path: string, query: URLSearchParams): object | undefined {
  const [, group = '', namespace = '[^/]+', resource = ''] =
    /^(.*?)(?:\/namespaces\/([^/]+))?\/([^/]+)$/.exec(path) ?? [];
  const kind = kinds[group]?.[resource];
  if (!kind) return undefined;
  const own = new RegExp(`^${group}/namespaces/${namespace}/${resource}/[^/]+$`);
  const selector = query.get('labelSelector') ?? '';
  const items = [...objects]
    .filter(([key, { metadata }]) => own.test(key) && isSelected(metadata.labels ?? {}, selector))
    .map(([, object]) => object);
  return { kind: `${kind}List`, apiVersion: versionOf(group), metadata: {}, items };
}

/** `v1`, `apps/v1`. */
function versionOf(group: string): string {
  return group.replace(/^\/apis?\//, '');
}

/** `name`, `name=value` and `name in (a,b)`, all of which hold. */
function isSelected(labels: Readonly<Record<string, string>>, selector: string): boolean {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  return terms.every((term) => {
    const [, name = '', values] = /^(\S+?)(?:=| in \(|$)(.*?)\)?$/.exec(term.trim()) ?? [];
    return values ? values.split(',').includes(labels[name] ?? '') : name in labels;
  });
}

/** https://datatracker.ietf.org/doc/html/rfc7396 */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as object | undefined) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

const refusals = {
  NotFound: [404, 'not found'],
  AlreadyExists: [409, 'already exists'],
  UnsupportedMediaType: [415, 'cannot be read'],
} as const;

function refusal(path: string, reason: keyof typeof refusals): Answer {
  const [code, words] = refusals[reason];
  const [resource, name] = path.split('/').slice(-2);
  const message = `${resource} "${name}" ${words}`;
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message }];
}
