/** What the page knows: what the server told, and what the reader chose. */
import { computed, signal } from '@preact/signals';
import type {
  EdgeView,
  LanesView,
  RequestReasons,
  RequestView,
  RulesView,
  SendingSettings,
} from '../protocol.ts';
import { History } from './history.ts';
import { isWrongLane } from './wrong-lane.ts';

/** At first as the page brought them with it. */
export const lanes = signal<LanesView>(JSON.parse(document.getElementById('first-lanes')?.textContent ?? ''));
export const rules = signal<RulesView | null>(null);
export const edges = signal<readonly EdgeView[]>([]);
/** How the edges were until now. */
export const history = new History();
export const sending = signal<SendingSettings | null>(null);
/** The last requests, newest first. */
export const requests = signal<readonly RequestView[]>([]);
/** Requests that were not told of one by one. */
export const skipped = signal(0);
export const link = signal<'up' | 'down' | 'shut-out' | 'crowded'>('up');

/** The request that is held, with its reasons as soon as they are there. */
export const held = signal<{ request: RequestView; reasons?: RequestReasons; problem?: string } | null>(null);
/** `service-a/release-v1`: the version that is looked at. */
export const chosen = signal<string | null>(null);
/** What could not be done, for a person. */
export const notice = signal<string | null>(null);

export interface Filter {
  color: string;
  version: string;
  failed: boolean;
}
export const filter = signal<Filter>({ color: '', version: '', failed: false });

export const shown = computed(() => requests.value.filter((request) => passes(request, filter.value)));

/** Whether the list shows a request. An empty field lets all through; `-` as colour means none. */
function passes({ color, hops, losses }: RequestView, { color: asked, version, failed }: Filter): boolean {
  if (asked !== '' && (color ?? '-') !== asked) return false;
  if (version !== '' && !hops.some(({ to }) => `${to?.service}/${to?.version}` === version)) return false;
  return (
    !failed || losses.length > 0 || hops.some((hop) => hop.failed || isWrongLane(hop, lanes.value.services))
  );
}

const keptRequests = 200;
/** A list that changes more often cannot be read, and costs frames: with many requests it changes less often. */
const listMs = { few: 250, many: 1_500 };
const fewRequests = 8;
let waiting: RequestView[] = [];
let isDue = false;
/** Requests that came with the last change of the list. */
let lastCount = 0;

/** Adds requests to the list; one that is known already, with more hops, takes the place of itself. */
export function remember(news: readonly RequestView[]): void {
  waiting = [...waiting, ...news].slice(-keptRequests);
  if (isDue) return;
  isDue = true;
  setTimeout(
    () => {
      isDue = false;
      const ids = new Set(waiting.map(({ id }) => id));
      const before = requests.value.filter(({ id }) => !ids.has(id));
      requests.value = [...waiting.reverse(), ...before].slice(0, keptRequests);
      lastCount = waiting.length;
      waiting = [];
    },
    lastCount > fewRequests ? listMs.many : listMs.few,
  );
}

export function forgetRequests(): void {
  waiting = [];
  requests.value = [];
  skipped.value = 0;
}
