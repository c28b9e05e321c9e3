/** What the pages of the lessons say that their commands show: in order, for each command that shows something. */
import { shareProblems } from '../check/shares.ts';

/** Whether the output is so; its name says how it should be. */
export type Shows = (output: string) => boolean;

function named(name: string, shows: Shows): Shows {
  return Object.defineProperty(shows, 'name', { value: name });
}

const linesOf = (output: string) => output.split('\n').filter((line) => line.trim() !== '');

/** All of it. */
const is = (text: string) => named(text, (output) => output.trim() === text);

/** Each of these, in this order. */
const has = (...parts: (string | RegExp)[]) =>
  named(parts.map(String).join(' … '), (output) => {
    let rest = output;
    return parts.every((part) => {
      const found = part instanceof RegExp ? part.exec(rest) : undefined;
      const at = found ? found.index : part instanceof RegExp ? -1 : rest.indexOf(part);
      rest = rest.slice(Math.max(at, 0));
      return at >= 0;
    });
  });

const all = (...shows: Shows[]) =>
  named(shows.map(({ name }) => name).join(' and '), (output) => shows.every((one) => one(output)));

const lacks = (part: string | RegExp) =>
  named(`no ${part}`, (output) => (part instanceof RegExp ? !part.test(output) : !output.includes(part)));

/** Lines with these, each of them at least once, and with nothing else. */
const mixOf = (...words: string[]) =>
  named(`a mix of ${words.join(', ')}`, (output) => {
    const seen = new Set(linesOf(output).flatMap((line) => line.trim().split(/\s+/)));
    return seen.size === words.length && words.every((word) => seen.has(word));
  });

/** Every line the same. */
const only = (word: string) => mixOf(word);

/** As `uniq -c` counts them: percent of each, as far as chance takes it. */
const shares = (percents: Readonly<Record<string, number>>) =>
  named(`shares of ${JSON.stringify(percents)}`, (output) => {
    const counts = new Map(
      linesOf(output).map((line) => {
        const [, count = '0', what = ''] = /^ *(\d+) (.*)$/.exec(line) ?? [];
        return [what.replaceAll(/"version":|"/g, ''), Number(count)];
      }),
    );
    return shareProblems(counts, new Map(Object.entries(percents))).length === 0;
  });

/** Of pods' metrics: requests of each version, by status. */
const counted = (...counts: [version: string, status: number, low: number, high?: number][]) =>
  named(`counts ${JSON.stringify(counts)}`, (output) =>
    counts.every(([version, status, low, high = low]) => {
      const line = linesOf(output).find(
        (one) =>
          one.includes(`version="${version}"`) &&
          one.includes(`status="${status}"`) &&
          one.includes('route="/*"'),
      );
      const count = line === undefined ? 0 : Number(line.split(' ').at(-1));
      return count >= low && count <= high;
    }),
  );

const trail = (color: string, ...hops: string[]) =>
  named(`color ${color}, trail ${hops.join(', ')}`, (output) => {
    const answer = JSON.parse(output.split('\n')[0] ?? '') as {
      color: string;
      trail: { service: string; version: string; color: string; path: string }[];
    };
    const seen = answer.trail.map(({ service, version }) => `${service}/${version}`);
    return answer.color === color && seen.join() === hops.join();
  });

const status = (code: number, ...parts: (string | RegExp)[]) => has(`HTTP/1.1 ${code} `, ...parts);
const empty = has(/^content-length: 0/im);
/** With curl's `%{time_total}` at the end; a busy computer is slower. */
const after = (seconds: number) =>
  named(`after ${seconds} s`, (output) => {
    const took = Number(/ after (\d+\.\d{6}) s$/m.exec(output)?.[1]);
    return took >= seconds && took < seconds + 10;
  });

export const says: Readonly<Record<string, readonly Shows[]>> = {
  '01-deploying-is-not-releasing': [
    mixOf('v1', 'v2'),
    only('v1'),
    is('v1'),
    is('v2'),
    has('subset "v3" is not in DestinationRule service-b', '503'),
    all(status(503), empty, has(/^gateway +503 NC /m)),
  ],
  '02-weights': [
    shares({ v1: 90, v2: 10 }),
    shares({ v1: 50, v2: 50 }),
    shares({ v2: 100 }),
    shares({ v1: 50, v2: 50 }),
  ],
  '03-inside-the-mesh': [
    is('v1'),
    is('v2'),
    mixOf('v1', 'v2'),
    shares({ v1: 80, v2: 20 }),
    shares({ v1: 50, v2: 50 }),
    has('✓ Istio  default  decides', 'one of service-b/v1, service-b/v2'),
  ],
  '04-a-user-header': [
    is('v2'),
    is('v1'),
    trail('-', 'service-a/v1', 'service-b/v2'),
    is('v1'),
    is('v2'),
    named('login at the first hop, not at the second', (output) => {
      const { trail } = JSON.parse(output) as { trail: { headers: Record<string, string> }[] };
      return trail[0]?.headers.login === 'zack' && trail[1] !== undefined && !('login' in trail[1].headers);
    }),
  ],
  '05-matching': [
    is('exact'),
    is('default'),
    all(trail('-', 'service-b/prefix'), has('"path":"/7"')),
    is('regex'),
    is('default'),
    is('query'),
    is('post'),
    is('default'),
    is('host'),
    is('both'),
    is('default'),
    is('either'),
    is('source'),
    has(/broken\.yaml:\d+: .*: spec\.http\[1\]: never reached: spec\.http\[0\] comes first/),
    is('default'),
    has(/✓ .*rules\.yaml:\d+ .* decides/, '|default|'),
  ],
  '06-the-colour': [
    is('release'),
    is('release-v3'),
    trail('release-v3', 'service-a/release', 'service-b/release-v3'),
    has('never reached: spec.http[0] (service-b/release) comes first'),
    is('release'),
    has(
      /✓ .*rules\.yaml:\d+ {2}service-a\/release {5}decides/,
      /2\. sidecar of service-a\/release: .*\n.*✓ .*rules\.yaml:\d+ {2}service-b\/release {2}decides/,
    ),
  ],
  '07-deployed-or-routed': [
    has('release\n'),
    all(status(503, 'no healthy upstream'), has(/^client +503 UH +service-b\/release-v2|^client +503 UH /m)),
    all(status(502), has(/^service-a\/release +503 UH /m)),
    has('subset "release-v9" is not in DestinationRule service-b', '503'),
    all(status(503), empty, has(/^client +503 NC /m)),
  ],
  '08-who-obeys': [
    is('release-v3'),
    shares({ 'release,release-v1': 33.3, 'release-v1,release-v1': 33.3, 'release-v2,release-v1': 33.4 }),
    mixOf('release', 'release-v1', 'release-v3'),
    shares({ 'release-v1,release-v1': 100 }),
    mixOf('release', 'release-v1', 'release-v3'),
    has('✓ Istio  default  decides', 'one of service-a/release, service-a/release-v1, service-a/release-v2'),
  ],
  '09-one-lane-all-the-way': [
    shares({
      'release,release': 49,
      'release,release-v1': 21,
      'release-v1,release': 21,
      'release-v1,release-v1': 9,
    }),
    shares({ 'release,release': 70, 'release-v1,release-v1': 30 }),
    shares({ 'release,release-v1': 70, 'release-v1,release-v1': 30 }),
    has('"color":"release-v1"'),
  ],
  '10-callbacks': [
    is('release-v1'),
    trail('release-v2', 'service-a/release-v2', 'service-b/release'),
    trail('release-v1', 'service-a/release-v1', 'service-b/release-v1'),
  ],
  '11-http-1.0': [
    all(status(426), has(/^gateway +426 /m)),
    status(200, 'release'),
    has('426 Upgrade Required', /^gateway +426 +\S+ +- +-$/m),
  ],
  '12-host-rewritten': [
    status(200, 'release'),
    all(status(404), empty, has(/^gateway +404 NR /m)),
    status(200, 'release'),
    all(status(404), empty),
    status(200, 'release'),
    all(status(404), has(/^gateway .* 404 NR .*"mesh"/m)),
    has('does not serve host "mesh"', '404'),
  ],
  '13-ingress-before-the-mesh': [
    shares({ 'release,release-v1': 33.3, 'release-v1,release-v1': 33.3, 'release-v2,release-v1': 33.4 }),
    shares({ 'release-v1,release-v1': 100 }),
    lacks(/"release(-v\d)?","version":"release(-v3)?"$/m),
    has('✓ Istio  allow_any  decides', 'PassthroughCluster'),
    has(/✓ .*rules\.yaml:\d+ .* decides/),
  ],
  '14-load-balancing': [
    named('one, two, three in turn', (output) => {
      const [first = '', second = '', third = '', ...others] = linesOf(output);
      const isAll = [first, second, third].sort().join() === 'one,three,two';
      return isAll && others.join() === [first, second, third, first, second, third].join();
    }),
    named('fewer by the slow one', (output) => {
      const counts = Object.fromEntries(linesOf(output).map((line) => line.trim().split(' ').reverse()));
      return Number(counts.one) < Number(counts.two) && Number(counts.one) < Number(counts.three);
    }),
    named('the same each time', (output) => new Set(linesOf(output)).size === 1),
    mixOf('one', 'two', 'three'),
    all(has('"x-user":"ann"'), lacks('x-user-id')),
  ],
  '15-mirror': [
    all(
      has('v1\nv1'),
      lacks('v2\n'),
      lacks('gateway              200 -    -                      service-b v2'),
    ),
    counted(['v1', 200, 10], ['v2', 200, 10]),
    has('v1'),
    counted(['v1', 200, 11], ['v2', 200, 10], ['v2', 500, 1]),
    has(/^ *100 v1$/m),
    counted(['v1', 200, 111], ['v2', 200, 20, 70]),
    has('subset "v3" is not in DestinationRule service-b', 'copies are lost'),
    has('v1\nv1'),
    counted(['v1', 200, 121], ['v2', 200, 20, 70]),
  ],
  '16-retries': [
    all(status(503), has(/^gateway +503 - /m)),
    status(200, 'v'),
    all(status(503), has(/^gateway +503 URX /m)),
    all(status(503), has(/^gateway +503 - /m)),
  ],
  '17-timeouts-and-faults': [
    all(status(200), after(2.4)),
    all(status(504, 'upstream request timeout'), after(0.8)),
    all(status(504, 'upstream request timeout'), after(0.8)),
    shares({ 200: 50, 418: 50 }),
    all(has(/^release after /, /^client +200 DI /m), after(1.5)),
  ],
  '18-keep-alive': [],
  '19-long-lived-connections': [
    only('v1'),
    has(/^v2$/m),
    named('v1 or v2 ten times', (output) => /^(v[12])(\n\1){9}$/.test(output.trim())),
    has('no proxy, so no rules'),
  ],
  '20-circuit-breaking': [
    all(
      named('most of them 503', (output) => Number(/(\d+) 503/.exec(output)?.[1]) > 10),
      has('200'),
      has(/^gateway +503 UO /m),
    ),
    named('two 500s, then none for a while', (output) => {
      const codes = output.split('\n')[0]?.trim().split(' ') ?? [];
      const second = codes.indexOf('500', codes.indexOf('500') + 1);
      return second > 0 && codes.slice(second + 1, second + 10).join(' ') === Array(9).fill('200').join(' ');
    }),
    has('service-b v1 was told to answer 500'),
    named('a third of them 404', (output) => (output.match(/\b404 /g) ?? []).length >= 9),
  ],
  '21-egress': [
    all(status(502), empty, has(/^client +502 /m)),
    status(200, 'api.outside.example'),
    status(502),
    all(status(502), empty, has(/^client +502 - .* -$/m)),
  ],
  '22-https-and-mtls': [status(301, 'location: https://demo.example/x?y=1'), status(200, 'release')],
  '23-looking-inside': [
    all(status(404), empty, has(/^gateway +404 NR /m)),
    all(status(503), empty, has(/^gateway +503 NC /m)),
    all(status(503, 'no healthy upstream'), has(/^gateway +503 UH /m)),
    all(status(503, 'connection termination'), has(/^gateway +503 UC /m)),
    all(status(504), has(/^gateway +504 UT /m)),
    all(status(503), has(/^gateway +503 URX /m)),
    all(status(418, 'fault filter abort'), has(/^gateway +418 FI /m)),
    all(status(503), has(/^gateway +503 - /m)),
    has('/no-pod', '503: no healthy upstream (UH)'),
    has('/no-subset'),
    all(has(/ gone /), lacks(' v7 ')),
    all(has('|v1|'), lacks('|gone|')),
    has('colouring'),
    all(status(404), has(/^gateway +404 NR /m)),
    has('404: no route (NR)', 'coloring/colouring, which no Gateway is called'),
    all(has('blackhole:80'), lacks('demo.example:80')),
  ],
  '24-watching': [
    shares({ 'release-v3': 100 }),
    all(
      has('coloring_hops_total{outcome="match",service="service-b",version="release-v3"} 20'),
      counted(['release-v3', 200, 20]),
    ),
    named(
      'traceparent at both hops',
      (output) => (output.match(/"traceparent":"00-0af7/g) ?? []).length === 2,
    ),
    has('never reached'),
    shares({ release: 100 }),
    has('coloring_hops_total{outcome="fallback",service="service-b",version="release"} 20'),
  ],
  '25-tracing': [
    is('release'),
    all(
      has(
        /service-a\/release-v1 → service-b\/release +release-v1 ⇒ - +service-b\/release .*✗ colour dropped/,
        '✗ service-a/release-v1 drops project-version: came in as release-v1, went out without',
        '! service-a/release-v2 begins a new x-request-id',
      ),
      lacks(/service-a\/release (drops|changes)/),
    ),
    is(''),
    has('✓ every service carries project-version on (1 call with a colour)'),
    is('release-v1'),
    is('release-v1'),
  ],
  '26-links': [
    is('release-v3'),
    trail('release-v3', 'service-a/release', 'service-b/release-v3'),
    status(302, 'set-cookie: project-version=release-v1; Path=/; SameSite=Lax'),
    is('release-v1'),
    is('release-v1'),
    is('release-v3'),
    is('release-v3'),
    is('release'),
    is('release'),
    is('release-v3'),
  ],
  '27-the-same-lane-three-ways': [
    trail('release-v1', 'service-a/release-v1', 'service-b/release-v1'),
    all(status(503), empty),
    all(status(404), empty),
    has('ResolvedRefs is False, BackendNotFound', 'service-b-release-v9'),
    trail('release-v1', 'service-a/release-v1', 'service-b/release-v1'),
    is('release'),
    all(status(500), empty),
    has('has the longer path /new and comes first', '[path-before-header]'),
    is('release-v1'),
    is('release-v3'),
    is('release-v3'),
    has('BackendNotFound'),
    only('"version":"release-v1"'),
    has(/VirtualService service-b \(\S+broken\.yaml:2\) has this host as well/),
    is('release'),
    is('release-v3'),
  ],
  '28-each-lane-owns-its-route': [
    is('release'),
    is('release-v1'),
    is('release-v3'),
    is('release'),
    is('release-v1'),
    has('has the longer path /api and comes first', '[path-before-header]'),
    is('release-v1'),
    is('release'),
    has('service-b.release.api  decides', 'service-b/release'),
    is('release-v1'),
    has(/two-virtual-services\.yaml:13: VirtualService service-b-release-v3: .* has this host as well/),
    is('release-v1'),
    is('release'),
  ],
  '29-your-own-computer': [
    has(/^me\n/, /^service-a\/release +200 .* service-b\/me .* me-0$/m),
    has(/^release\n/),
    has(/^release\n/, /^service-a\/release +200 .* service-b\/ann .* release-0$/m),
    has(/^release\n/, /^service-a\/release +200 .* service-b\/me .* release-0$/m),
    has('service-b/ann: no rule has a route of this name', '[fallback-route-unknown]'),
    all(status(502), has(/^service-a\/release +503 UH /m)),
    has(/^me\n/, /^service-a\/release +200 .* me-0$/m),
  ],
};
