/**
 * A link for each lane, as browsers send no header: by a host of its own, `release-v1.localhost`, or by a cookie, which
 * `/.lane/release-v1` sets and `/.lane/` clears. The gateway makes a header of them, by plain rules. A header that is
 * there already wins; of host and cookie the host.
 */
import { entries } from '../graph.ts';
import { type LaneService, type Lanes, laneNames } from '../lanes.ts';
import { gatewayReference } from './gateway.ts';
import { type IstioObject, istioObject, routeName } from './objects.ts';
import { colorInBaggage } from './version-routes.ts';

/** The rules of the entry that has every host; none where lanes.yaml wants no links. */
export function links(lanes: Lanes): IstioObject[] {
  const entry = entries(lanes).find(({ hosts }) => hosts.includes('*'));
  const { links: wanted, header } = lanes;
  if (!wanted || !entry) return [];
  const colors = laneNames(lanes).sort();
  const http = [
    { name: 'links/none', ...cookieRoute('/.lane/', `${header}=; Path=/; Max-Age=0`) },
    ...colors.map((color) => ({
      name: `links/${color}`,
      ...cookieRoute(`/.lane/${color}`, `${header}=${color}; Path=/; SameSite=Lax`),
    })),
    ...colors.map((color) =>
      coloring(lanes, entry, color, { authority: { prefix: `${color}.${wanted.domain}` } }),
    ),
    ...colors.map((color) =>
      coloring(lanes, entry, color, { headers: { cookie: { regex: cookieOf(header, color) } } }),
    ),
  ];
  return [
    istioObject(
      'VirtualService',
      { name: `${entry.name}-links`, namespace: entry.namespace },
      { hosts: ['*'], gateways: [gatewayReference(lanes, entry)], http },
      'A link for each lane: the gateway gives a request without colour that of its host or of its cookie.',
    ),
  ];
}

/** Sets a cookie and shows the page behind it. */
function cookieRoute(path: string, cookie: string) {
  return {
    match: [{ uri: { exact: path } }],
    redirect: { uri: '/', redirectCode: 302 },
    headers: { response: { set: { 'set-cookie': cookie } } },
  };
}

/** Has the name of the version's own route, and with it the version's fallback (istio/fallback.yaml). */
function coloring(lanes: Lanes, entry: LaneService, color: string, match: Record<string, unknown>) {
  const { header, carrier } = lanes;
  const inBaggage = carrier !== 'header';
  const own = entry.versions.find(({ name }) => name === color);
  const subset = own?.name ?? entry.baseline;
  return {
    name: routeName(entry, subset),
    match: [
      { ...match, withoutHeaders: { [header]: {}, ...(inBaggage && { baggage: colorInBaggage(header) }) } },
    ],
    headers: {
      request: { set: { [header]: color }, ...(inBaggage && { add: { baggage: `${header}=${color}` } }) },
    },
    route: [{ destination: { host: entry.name, subset } }],
  };
}

/** Among others. */
function cookieOf(header: string, color: string): string {
  return `(.*; ?)?${header}=${color}(;.*)?`;
}
