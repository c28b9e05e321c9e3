/** How the proxies of a mesh log requests: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig */

import { parse } from 'yaml';
import { z } from 'zod';
import { istioNamespace } from '../../cluster/istio.ts';
import type { KubernetesObject, ObjectReader } from '../../cluster/objects.ts';
import { coloredFormat, type LogFormats } from '../log-format.ts';

const labels = z.record(z.string(), z.unknown());
const schema = z.object({
  accessLogFile: z.string().optional(),
  accessLogFormat: z.string().optional(),
  accessLogEncoding: z.string().optional(),
  extensionProviders: z
    .array(
      z.object({
        envoyFileAccessLog: z
          .object({
            logFormat: z.object({ text: z.string().optional(), labels: labels.optional() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
});

export interface MeshLog extends LogFormats {
  /** Whether MeshConfig has it switched on; a Telemetry object may do so, too. Undefined: it cannot be read. */
  on: boolean | undefined;
}

interface ConfigMap extends KubernetesObject {
  data?: { mesh?: string };
}

export async function readMeshLog(reader: ObjectReader, header: string): Promise<MeshLog> {
  const resource = { group: 'v1', plural: 'configmaps', kind: 'ConfigMap' };
  const found = await reader.find<ConfigMap>(resource, istioNamespace, 'istio');
  if (!found) return { header, on: undefined };
  return meshLogOf(found.data?.mesh ?? '', header);
}

/** @param mesh MeshConfig as YAML */
export function meshLogOf(mesh: string, header: string): MeshLog {
  const config = schema.safeParse(parse(mesh)).data ?? {};
  const formats = (config.extensionProviders ?? []).flatMap(
    ({ envoyFileAccessLog }) => envoyFileAccessLog?.logFormat ?? [],
  );
  const own = config.accessLogFormat;
  const isJson = config.accessLogEncoding === 'JSON';
  return {
    header,
    on: Boolean(config.accessLogFile),
    texts: [...(own && !isJson ? [own] : []), ...formats.flatMap(({ text }) => text ?? [])],
    json: [...(own && isJson ? jsonOf(own) : []), ...formats.map((format) => strings(format.labels ?? {}))],
  };
}

function jsonOf(text: string): Record<string, string>[] {
  try {
    return [strings(JSON.parse(text))];
  } catch {
    return []; // Istio ignores it, too, and says so in istiod's log
  }
}

function strings(record: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(record).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** What to write into MeshConfig for a log with the colour. */
export function logSettings(header: string): string {
  return [
    'meshConfig:',
    '  accessLogFile: /dev/stdout',
    `  accessLogFormat: '${coloredFormat(header)}'`,
  ].join('\n');
}

/** The same for those who may not write MeshConfig: the log switched on, without the colour. */
export const telemetry = `apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: access-log, namespace: istio-system }
spec: { accessLogging: [{ providers: [{ name: envoy }] }] }`;
