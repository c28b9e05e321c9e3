/** What the baseline's Deployment says that its stand-in on this computer needs. */
import type { LaneService } from '../../lanes/lanes.ts';
import type { Cluster } from '../cluster.ts';
import { versionRelease } from '../release-names.ts';
import type { LocalLaneOptions } from './options.ts';

interface Source {
  name: string;
  optional?: boolean;
}

interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: {
    configMapKeyRef?: Source & { key: string };
    secretKeyRef?: Source & { key: string };
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: object;
  };
}

interface Container {
  name: string;
  env?: EnvEntry[];
  envFrom?: { prefix?: string; configMapRef?: Source; secretRef?: Source }[];
  readinessProbe?: { httpGet?: { path?: string; port: string | number; scheme?: string } };
  ports?: { name?: string; containerPort: number }[];
}

interface Deployment {
  spec: { template: { spec: { containers: Container[] } } };
}

/** What somebody's computer in its place takes from it. */
export interface BaselineFacts {
  readyPath: string | undefined;
  env: Record<string, string>;
}

/** As far as somebody wants to know it. */
export async function askBaseline(
  cluster: Cluster,
  {
    readyPath,
    envFromBaseline,
    target: { service },
  }: Pick<LocalLaneOptions, 'readyPath' | 'envFromBaseline' | 'target'>,
): Promise<BaselineFacts & BaselineEnv> {
  const told = { readyPath: readyPath || undefined, env: {}, missing: [] };
  if (readyPath !== undefined && !envFromBaseline) return told;
  const container = await baselineContainer(cluster, service);
  if (!container && envFromBaseline && !cluster.dryRun)
    return { ...told, missing: [`Deployment ${versionRelease(service.name, service.baseline)}`] };
  return {
    ...told,
    ...(readyPath === undefined && { readyPath: readyPathOf(container, service.port) }),
    ...(envFromBaseline && (await environmentOf(cluster, service, container))),
  };
}

/** Its container that is the service: `app`, as charts/version calls it, or the first one. */
export async function baselineContainer(
  cluster: Cluster,
  { name, namespace, baseline }: LaneService,
): Promise<Container | undefined> {
  const deployment = versionRelease(name, baseline);
  const found = await cluster.get<Deployment>(['deployment', deployment, '--namespace', namespace]);
  if (cluster.dryRun) return undefined;
  const containers = found?.spec.template.spec.containers ?? [];
  return containers.find((one) => one.name === 'app') ?? containers[0];
}

/** Where it says that it is ready: of its readiness probe, if that asks the service's own port. */
export function readyPathOf(container: Container | undefined, port: number): string | undefined {
  const asked = container?.readinessProbe?.httpGet;
  if (!asked || asked.scheme === 'HTTPS') return undefined;
  const named = container?.ports?.find(({ name }) => name === asked.port);
  if ((named?.containerPort ?? Number(asked.port)) !== port) return undefined;
  return asked.path ?? '/';
}

export interface BaselineEnv extends Pick<BaselineFacts, 'env'> {
  /** What could not be read, in words. */
  missing: string[];
}

/** Its environment: values, ConfigMaps and Secrets as far as the user may read them. */
export async function environmentOf(
  cluster: Cluster,
  { namespace }: LaneService,
  container: Container | undefined,
): Promise<BaselineEnv> {
  const sources = new Map<string, Promise<Record<string, string> | undefined>>();
  const read = (kind: 'configmap' | 'secret', name: string) => {
    const key = `${kind}/${name}`;
    const source = sources.get(key) ?? readSource(cluster, namespace, kind, name);
    sources.set(key, source);
    return source;
  };
  const env: Record<string, string> = {};
  const missing: string[] = [];
  for (const { prefix = '', configMapRef, secretRef } of container?.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    if (!ref) continue;
    const data = await read(configMapRef ? 'configmap' : 'secret', ref.name);
    if (!data && !ref.optional) missing.push(`${configMapRef ? 'ConfigMap' : 'Secret'} ${ref.name}`);
    for (const [name, value] of Object.entries(data ?? {})) env[prefix + name] = value;
  }
  for (const { name, value, valueFrom } of container?.env ?? []) {
    if (!valueFrom) {
      env[name] = expanded(value ?? '', env);
      continue;
    }
    const ref = valueFrom.configMapKeyRef ?? valueFrom.secretKeyRef;
    const data = ref && (await read(valueFrom.configMapKeyRef ? 'configmap' : 'secret', ref.name));
    const found = ref && data?.[ref.key];
    if (found !== undefined) env[name] = found;
    else if (!ref?.optional)
      missing.push(`${name} (${ref ? `key ${ref.key} of ${ref.name}` : 'known in its pod only'})`);
  }
  return { env, missing };
}

/** `$(NAME)` of what stands before it, and `$$` as a dollar: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
function expanded(value: string, env: Readonly<Record<string, string>>): string {
  return value.replaceAll(
    /\$(?:(\$)|\(([^()]+)\))/g,
    (all, dollar: string | undefined, name: string) => dollar ?? env[name] ?? all,
  );
}

/** Undefined: it is not there, or may not be read. Its values are not shown. */
async function readSource(
  cluster: Cluster,
  namespace: string,
  kind: 'configmap' | 'secret',
  name: string,
): Promise<Record<string, string> | undefined> {
  const object = await cluster.get<{ data?: Record<string, string> }>(
    [kind, name, '--namespace', namespace],
    {
      show: false,
    },
  );
  if (!object) return undefined;
  const entries = Object.entries(object.data ?? {});
  if (kind === 'configmap') return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
