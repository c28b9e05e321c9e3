/** What is carried, and where to: from the environment, or from code. */
import type { CarriedHeaders } from './carried-headers.ts';
import { type InMesh, MeshHostsError, meshHosts } from './in-mesh.ts';
import { propagatedHeaders } from './propagated-headers.ts';

export interface CarrySettings {
  /** Names of request headers that are carried beside those of the allow-list; default: none. */
  propagateHeaders?: string;
  /** Hosts that get the headers, as IN_MESH; default: names without a dot, *.svc and *.svc.cluster.local. */
  inMesh?: string;
}

/** The same, read and found right. */
export interface Carrying {
  names: readonly string[];
  inMesh: InMesh;
}

/** Settings that cannot be used; the message names the setting, the value and the way out. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** @throws SettingsError */
export function readSettings({ propagateHeaders, inMesh }: CarrySettings): Carrying {
  const { names, wrong } = propagatedHeaders(propagateHeaders);
  if (wrong.length > 0) throw new SettingsError(`PROPAGATE_HEADERS=${propagateHeaders}: ${wrong.join('; ')}`);
  try {
    return { names, inMesh: meshHosts(inMesh) };
  } catch (error) {
    if (!(error instanceof MeshHostsError)) throw error;
    throw new SettingsError(`IN_MESH=${inMesh}: ${error.message}`);
  }
}

/** PROPAGATE_HEADERS and IN_MESH. */
export function settingsOf(env: Readonly<Record<string, string | undefined>>): CarrySettings {
  const { PROPAGATE_HEADERS: propagateHeaders, IN_MESH: inMesh } = env;
  return {
    ...(propagateHeaders !== undefined && { propagateHeaders }),
    ...(inMesh !== undefined && { inMesh }),
  };
}

/** Where OpenTelemetry's API keeps what a program has set up, whichever copy of it the program uses. */
const openTelemetry = Symbol.for('opentelemetry.js.api.1');

/** Headers that OpenTelemetry's propagators write, from the span that they belong to. */
const traceHeaders = new Set(['traceparent', 'tracestate', 'baggage', 'b3']);

/** Whether OpenTelemetry runs in this process, and sends headers of traces itself. */
function openTelemetrySends(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[openTelemetry] as { propagation?: unknown } | undefined;
  return api?.propagation !== undefined;
}

/** Calls `set` for each of the headers that a request to a host inside the mesh should have, and does not. */
export function addMissing(
  headers: CarriedHeaders,
  has: (name: string) => boolean,
  set: (name: string, value: string) => void,
): void {
  const withoutTrace = openTelemetrySends();
  for (const name in headers) {
    if (has(name) || (withoutTrace && (traceHeaders.has(name) || name.startsWith('x-b3-')))) continue;
    set(name, headers[name] as string);
  }
}
