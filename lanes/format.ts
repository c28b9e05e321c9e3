/** Lanes as the text of a lanes file; what goes without saying is not said. */
import { stringify } from 'yaml';
import { otherHeader } from './header.ts';
import { labelsOf } from './labels.ts';
import type { LaneService, Lanes, LaneVersion } from './lanes.ts';
import type { Run } from './model.ts';

/** For lanes whose versions run as their services do. */
export function formatLanes(lanes: Lanes): string {
  const { namespace, carrier, processes, services } = lanes;
  const header = otherHeader(lanes);
  return stringify({
    namespace,
    ...(header !== undefined && { header }),
    ...(carrier !== 'header' && { carrier }),
    ...(processes && { processes }),
    services: Object.fromEntries(services.map((service) => [service.name, written(service, namespace)])),
  });
}

function written(service: LaneService, namespace: string) {
  const { port, calls, parallel, namedEntry, baseline, versions } = service;
  return {
    port,
    ...(service.namespace !== namespace && { namespace: service.namespace }),
    ...(calls.length > 0 && { calls: calls.length === 1 ? calls[0] : calls }),
    ...(parallel && { parallel }),
    ...(namedEntry && { entry: true }),
    ...writtenRun(versions[0]?.run),
    baseline,
    versions: versions.map((version) => writtenVersion(service.name, version)),
  };
}

function writtenRun(run: Run | undefined) {
  if (run?.type === 'url') return { url: `http://${run.host}:${run.port}` };
  if (run?.type !== 'command') return { run: run?.program };
  const { command, dir, ready, watch } = run;
  return { run: { command, dir, ...(ready && { ready }), ...(watch.length > 0 && { watch }) } };
}

function writtenVersion(service: string, { name, labels, replicas, env, ready }: LaneVersion) {
  const given: Record<string, string> = labelsOf(service, name);
  const own = Object.fromEntries(Object.entries(labels).filter(([label, value]) => given[label] !== value));
  const said = {
    ...(Object.keys(own).length > 0 && { labels: own }),
    ...(replicas !== 1 && { replicas }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(!ready && { ready }),
  };
  return Object.keys(said).length > 0 ? { name, ...said } : name;
}
