/** How many lines of access logs one core reads and joins to requests: what `coloring trace --watch` does all the time. */
import { isEntrance } from '../trace/hop.ts';
import { lineReader } from '../trace/log-format.ts';
import { hopOf } from '../trace/log-hop.ts';
import { Requests } from '../trace/requests.ts';
import { TraceSummary } from '../trace/summary.ts';

const header = 'project-version';
/** A request through the gateway and two services: a line at each end of each hop. */
const linesOfARequest = 4;

/**
 * @returns lines a second of one core, read, joined and judged, whatever else the computer does meanwhile; of traffic in
 * which a service drops each tenth colour
 */
export function linesPerSecond(lines: number): number {
  const log = trafficOf(Math.ceil(lines / linesOfARequest));
  const summary = new TraceSummary();
  const requests = new Requests({
    isFirst: isEntrance,
    onRequest: (request, before) => summary.add(request, before),
    maxWaiting: lines,
    waitMs: 1,
    lagMs: 1,
  });
  const read = lineReader({ header });
  const directory = { at: (address: string) => parties.get(address), route: () => undefined };
  const before = process.cpuUsage();
  for (const [index, { pod, line }] of log.entries()) {
    const found = read(line);
    const hop = found && hopOf(found, pod, directory);
    if (hop) requests.add(hop, 0);
    // Readings of a few seconds each.
    if (index % 20_000 === 19_999) requests.settle(1);
  }
  requests.settle(1);
  const { user, system } = process.cpuUsage(before);
  const lost = summary.findings().reduce((sum, { count }) => sum + count, 0);
  if (lost !== Math.ceil(log.length / linesOfARequest / 10)) throw new Error(`${lost} losses were found`);
  return log.length / ((user + system) / 1e6);
}

const gateway = { service: 'gateway', instance: 'gateway' };
const a = { service: 'service-a', version: 'release', instance: 'a' };
const b = { service: 'service-b', version: 'release', instance: 'b' };
const parties = new Map([
  ['10.0.0.1', gateway],
  ['10.0.0.2', a],
  ['10.0.0.3', b],
]);

function trafficOf(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const line = (cluster: string, addresses: string, host: string, color: string) =>
      `[2026-11-26T01:36:24.097Z] "GET /x?y=1 HTTP/1.1" 200 - via_upstream - "-" 0 10 9 9 "10.244.0.1" "curl/7.88.1" "${id}" ` +
      `"service-b:32000" "${host}" ${cluster} ${addresses} - service-b/release "${color}"`;
    const toA = (cluster: string, addresses: string) => line(cluster, addresses, '10.0.0.2:80', 'release-v1');
    const dropped = index % 10 === 0 ? '-' : 'release-v1';
    const toB = (cluster: string, addresses: string) => line(cluster, addresses, '10.0.0.3:80', dropped);
    return [
      { pod: b, line: toB('inbound|80||', '127.0.0.6:1 10.0.0.3:80 10.0.0.2:7') },
      { pod: a, line: toB('outbound|80||service-b.x', '10.0.0.2:7 10.9.9.9:80 10.0.0.2:6') },
      { pod: a, line: toA('inbound|80||', '127.0.0.6:1 10.0.0.2:80 10.0.0.1:0') },
      { pod: gateway, line: toA('outbound|80||service-a.x', '10.0.0.1:5 10.0.0.1:80 9.9.9.9:1') },
    ];
  }).flat();
}
