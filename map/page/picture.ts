/** The picture: boxes for gateway and versions, edges with their figures, dots on a canvas over them. */
import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { ServiceView, VersionView } from '../protocol.ts';
import { type Arrange, inLine, isBranching } from './columns.ts';
import { EdgeLines } from './edge-lines.ts';
import { type Layout, layoutOf } from './layout.ts';
import { compact, narrow, usual } from './measures.ts';
import { runDots } from './run-dots.ts';
import { locale, presenting } from './settings.ts';
import { chosen, edges, held, lanes, notice } from './state.ts';
import { Swatch } from './swatch.ts';
import { words } from './words.ts';
import { wrongLaneSign } from './wrong-lane.ts';

/** Narrower than this, words beside edges have no room. */
const narrowPx = 560;

export function Picture() {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const space = useSignal({ width: 0, height: 0 });
  // How much room there is, is known once the frame is there.
  const services = space.value.width > 0 ? lanes.value.services : [];
  const isNarrow = space.value.width < narrowPx;
  const isLarge = presenting.value === 'on';
  // Only what changes the picture's shape makes a new layout: readiness does not.
  const shape = services.map(({ name, calls, versions }) => [name, calls, versions.map((one) => one.name)]);
  const key = JSON.stringify(shape);
  const arrange = useSignal<Arrange | undefined>(undefined);
  const needsEngine = isBranching(services);
  useEffect(() => {
    // A chain does not wait for it.
    if (needsEngine)
      void import('./arrange-graph.ts').then(({ arrangeGraph }) => (arrange.value = arrangeGraph));
  }, [needsEngine]);
  // `key` says all that the layout takes from the services.
  const layout = useMemo(() => {
    const zoom = isLarge ? { least: 1, most: 2.6 } : { least: 0.7, most: 1.6 };
    return layoutOf(
      services,
      space.value,
      isNarrow ? [narrow] : [usual, compact],
      isNarrow ? { least: 0.95, most: 1 } : zoom,
      needsEngine ? arrange.value : inLine,
    );
  }, [key, space.value, isLarge, arrange.value]);
  const newest = useRef(layout);
  newest.current = layout;

  // Before the first frame is painted.
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => {
      const { width, height } = element.getBoundingClientRect();
      space.value = { width: Math.floor(width) - 16, height: Math.floor(height) - 16 };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [space]);
  useEffect(() => {
    if (canvas.current) return runDots(canvas.current, () => newest.current);
  }, []);

  return html`
    <section class="picture" aria-label=${words.value.picture} ref=${frame}>
      <div class=${layout.isCompact ? 'stage compact' : 'stage'} style=${{ width: `${layout.width}px`, height: `${layout.height}px`, fontSize: `${15 * layout.zoom}px` }}>
        <${EdgeLines} layout=${layout} />
        <${GatewayBox} layout=${layout} />
        ${services.map((service) => html`<${ServiceBoxes} key=${service.name} service=${service} layout=${layout} />`)}
        <canvas ref=${canvas} aria-hidden="true"></canvas>
      </div>
    </section>`;
}

function place(layout: Layout, key: string) {
  const box = layout.boxes.get(key);
  return box && { left: `${box.x}px`, top: `${box.y}px`, width: `${box.width}px`, height: `${box.height}px` };
}

function GatewayBox({ layout }: { layout: Layout }) {
  const rate = edges.value
    .filter(({ from }) => from === 'gateway')
    .reduce((sum, one) => sum + one.perSecond, 0);
  return html`
    <div class="box gateway" style=${place(layout, 'gateway')}>
      <strong>${words.value.gateway}</strong>
      <small>${rateWords(rate) || lanes.value.gateway?.replace('http://', '')}</small>
    </div>`;
}

function ServiceBoxes({ service, layout }: { service: ServiceView; layout: Layout }) {
  const title = layout.titles.find((one) => one.service === service.name);
  const { routesToNothing } = service;
  return html`
    ${
      title &&
      html`<h2 class="service" style=${{ left: `${title.x}px`, top: `${title.y}px`, width: `${title.width}px`, height: `${title.height}px` }}>
      ${service.name}
      ${routesToNothing.length > 0 && html`<${RoutesToNothing} colors=${routesToNothing.join(', ')} />`}
    </h2>`
    }
    ${service.versions.map(
      (version) =>
        html`<${VersionBox} key=${version.name} service=${service} version=${version} layout=${layout} />`,
    )}`;
}

/** What becomes of these colours, and what to do about it. */
function RoutesToNothing({ colors }: { colors: string }) {
  const text = words.value.routesToNothing(colors);
  return html`<button type="button" class="warn" title=${text} aria-label=${text} onClick=${() => {
    notice.value = text;
  }}>⚠ 503</button>`;
}

/** Of the box of a version, `service-a/release-v1`, as an element. */
export const boxId = (version: string) => `version ${version}`;

function VersionBox({
  service,
  version,
  layout,
}: {
  service: ServiceView;
  version: VersionView;
  layout: Layout;
}) {
  const key = `${service.name}/${version.name}`;
  const rate = edges.value.filter(({ to }) => to === key).reduce((sum, one) => sum + one.perSecond, 0);
  const mark = markWords(version);
  const isBaseline = version.name === service.baseline;
  const onPath = held.value?.request.hops.some(({ to }) => to && `${to.service}/${to.version}` === key);
  const classes = [
    'box version',
    version.state,
    mark ? 'marked' : '',
    onPath ? 'on-path' : '',
    chosen.value === key ? 'chosen' : '',
  ];
  const state = version.total === 1 && version.state === 'ready' ? words.value.ready : stateWords(version);
  const isRateEnough = layout.isCompact && version.state === 'ready' && rate > 0;
  const figure = [
    isRateEnough ? '' : version.computer ? `💻 ${version.computer.by}` : state,
    rateWords(rate),
  ];
  return html`
    <button type="button" id=${boxId(key)} class=${classes.filter(Boolean).join(' ')} style=${place(layout, key)}
      aria-pressed=${chosen.value === key}
      title=${[computerWords(version), mark].filter(Boolean).join('; ')}
      onClick=${() => {
        chosen.value = chosen.value === key ? null : key;
        held.value = null;
      }}>
      <strong><span class="unseen">${service.name} </span><${Swatch} color=${isBaseline ? undefined : version.name} />${version.name}</strong>
      <small>${mark ? html`<span class="warn">⚠ ${layout.isCompact ? signOf(version) : shortMark(version)}</span>` : figure.filter(Boolean).join(' · ')}</small>
    </button>`;
}

function stateWords({ state, ready, total }: VersionView): string {
  return state === 'ready' ? `${ready}/${total} ${words.value.ready}` : words.value[state];
}

/** Whose computer it is, and since when; empty where it is nobody's. */
export function computerWords({ computer }: VersionView): string {
  return computer ? words.value.computer(computer.by, new Date(computer.since).toLocaleString(locale())) : '';
}

/** As {@link markWords}, for a box: the first of them, in few words. */
function shortMark({ marks: [mark] }: VersionView): string {
  if (mark?.type === 'no-route') return words.value.noRoute;
  if (mark?.type === 'wrong-lane') return words.value.shortWrongLane;
  if (mark?.type === 'ejected') return words.value.shortEjected;
  return mark?.fallsBack ? words.value.shortFallsBack : words.value.shortFails;
}

/** As {@link shortMark}, where words have no room: who gets an answer of another version, and who an error. */
function signOf({ marks: [mark] }: VersionView): string {
  if (mark?.type === 'wrong-lane') return wrongLaneSign;
  if (mark?.type === 'ejected') return '5xx';
  return mark?.type === 'no-route' || mark?.fallsBack ? '↩' : '503';
}

/** What is odd about a version, in words; empty where nothing is. */
export function markWords({ marks, state }: VersionView): string {
  if (state === 'starting') return '';
  return marks
    .map((mark) => {
      if (mark.type === 'no-route') return words.value.noRoute;
      if (mark.type === 'wrong-lane') return words.value.servedByStrangers(mark.by.join(', '));
      if (mark.type === 'ejected') return words.value.ejected(mark.by.map(words.value.proxyOf).join(', '));
      return mark.fallsBack ? words.value.notReadyFallsBack : words.value.notReadyFails;
    })
    .join('; ');
}

/** `12/s`; empty where nothing goes. */
export function rateWords(perSecond: number): string {
  if (perSecond === 0) return '';
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}${words.value.perSecond}`;
}
