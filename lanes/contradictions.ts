/** What each field of lanes.yaml allows by itself but not together with the others. */
import { whyNotPropagated } from '../carry/propagated-headers.ts';
import { isCircular } from './graph.ts';
import type { LaneService, Lanes } from './model.ts';
import { namedStandIn } from './run.ts';
import type { WrittenFile, WrittenService } from './schema.ts';

interface Contradiction {
  path: readonly PropertyKey[];
  message: string;
}

export function contradictions(written: WrittenFile, lanes: Lanes): Contradiction[] {
  const notCarried = whyNotPropagated(lanes.header) ?? whyNotCarrier(lanes.header);
  return [
    ...(notCarried ? [{ path: ['header'], message: notCarried }] : []),
    ...lanes.services.flatMap((service) => {
      const ofService = written.services[service.name] as WrittenService;
      return [...ofVersions(service), ...ofCalls(service, lanes), ...ofRun(ofService, service)].map(
        ({ path, message }) => ({ path: ['services', service.name, ...path], message }),
      );
    }),
  ];
}

/** What proxies write into themselves says nothing of the colour that was sent. */
function whyNotCarrier(header: string): string | undefined {
  if (/^(x-request-id|x-forwarded-.*|x-envoy-.*|traceparent|tracestate|b3|x-b3-.*)$/.test(header))
    return `proxies write ${header} themselves; take a header of your own`;
  return header === 'baggage' ? 'its members are no colours; write "carrier: baggage" instead' : undefined;
}

function* ofVersions({ versions, baseline }: LaneService): Iterable<Contradiction> {
  const names = versions.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    yield {
      path: ['versions', index],
      message: `"${name}" is there twice; for more processes of a version write replicas`,
    };
  }
  if (!names.includes(baseline)) {
    yield {
      path: ['versions'],
      message: `the baseline "${baseline}" is missing (has: ${names.join(', ')}): add it, or give this service another, e.g. "baseline: ${names[0]}"`,
    };
  }
}

function* ofCalls(service: LaneService, lanes: Lanes): Iterable<Contradiction> {
  const others = lanes.services.map(({ name }) => name).filter((name) => name !== service.name);
  for (const [index, name] of service.calls.entries()) {
    const path = service.calls.length > 1 ? ['calls', index] : ['calls'];
    if (!others.includes(name)) {
      const known = others.join(', ') || 'none';
      yield { path, message: `"${name}" is not another service of this file (has: ${known})` };
    }
    if (service.calls.indexOf(name) !== index) yield { path, message: `"${name}" is there twice` };
  }
  if (isCircular(lanes, service)) {
    yield {
      path: ['calls'],
      message: 'leads back to this service: a request would go round for ever',
    };
  }
}

function* ofRun(written: WrittenService, service: LaneService): Iterable<Contradiction> {
  const standIn = namedStandIn(written.run);
  if (standIn === 'service-a' && service.calls.length === 0) {
    yield { path: [], message: 'the program service-a asks another service: say which with calls' };
  }
  if (standIn === 'service-b' && service.calls.length > 0) {
    yield {
      path: ['run'],
      message: 'the program service-b asks nobody; one that calls is run by service-a',
    };
  }
  if (written.run && written.url) {
    yield { path: ['url'], message: 'either url (it runs already) or run (it is started), not both' };
  }
  if (written.hosts && !service.entry) {
    yield { path: ['hosts'], message: 'only an entry is called from outside: add "entry: true"' };
  }
  for (const [index, version] of written.versions.entries()) {
    const path = ['versions', index] as const;
    if (version.run && version.url)
      yield { path, message: 'either url (it runs already) or run (it is started), not both' };
    const run = { ...written.run, ...version.run };
    const isPart = run.command === undefined && Object.keys(run).length > 0;
    if (isPart && !version.url) {
      yield { path: version.run ? path : ['run'], message: 'says how it is run, but not what: add command' };
    }
    if (service.versions[index]?.run.type === 'url' && version.replicas > 1)
      yield { path, message: 'is one process, at its url: no replicas' };
  }
}
