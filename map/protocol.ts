/**
 * What the map's server and its page say to each other. Types only: the page takes nothing else from outside its own
 * folder. Nothing in here is of one kind of mesh.
 */

/** Everything that the picture is drawn from. */
export interface LanesView {
  /** The name of the mesh, `kind-coloring`; absent: it is the one of this computer. */
  mesh?: string;
  /** Why it cannot be read at the moment: what is shown is what was seen last. */
  silence?: string;
  /** Where requests come in; absent: nobody said. */
  gateway?: string;
  /** The header that carries the colour. */
  header: string;
  /** Which colours have a link in a browser, `http://release-v1.localhost:8080/`; absent: none has. */
  links?: { domain: string; colors: readonly string[] };
  /** Colours that have a version of their own somewhere, in the order in which people count them. */
  colors: readonly string[];
  /** The requests that show what the lanes do (scenario S1); null: without colour. */
  telling: readonly (string | null)[];
  /** In the order of calls: no service before one that calls it. */
  services: readonly ServiceView[];
}

export interface ServiceView {
  name: string;
  namespace: string;
  /** Names of the services that it asks. */
  calls: readonly string[];
  /** It is reached from the gateway. */
  entry: boolean;
  baseline: string;
  versions: readonly VersionView[];
  /** Colours for which a route leads to a version that is not there: they get 503. */
  routesToNothing: readonly string[];
}

export interface VersionView {
  name: string;
  /** Processes or pods. */
  ready: number;
  total: number;
  state: VersionState;
  /** What a person has made of it, and can make of it. */
  control: Control;
  controls: readonly Control[];
  marks: readonly Mark[];
  /** Its process runs on somebody's own computer, since a time (ISO 8601). */
  computer?: { by: string; since: string };
}

export type VersionState = 'ready' | 'starting' | 'unready' | 'dead' | 'stopped';

/** What can be made of a version's processes. */
export type Control = 'run' | 'stop' | 'unready' | 'slow' | 'fail';

/** What is odd about a version, said by the page in the reader's language. */
export type Mark =
  /** No process is ready; `fallsBack`: the baseline serves its colour meanwhile. */
  | { type: 'not-ready'; fallsBack: boolean }
  /** No route leads to it: its colour is served by another version. */
  | { type: 'no-route' }
  /** Its colour is served by these versions too, though none of them is the baseline. */
  | { type: 'wrong-lane'; by: readonly string[] }
  /** Proxies of these callers leave some of its processes alone for a while, as they failed too often. */
  | { type: 'ejected'; by: readonly string[] };

/** The version that serves; the gateway has no version. */
interface PartyView {
  service: string;
  version?: string;
}

export interface HopView {
  from: PartyView;
  to?: PartyView;
  /** Index of the hop that led to this one. */
  parent?: number;
  /** As it was sent on to the callee. */
  color?: string;
  /** Served by another version than the colour asks for. */
  fallback: boolean;
  status: number;
  flags: readonly string[];
  failed: boolean;
  route?: string;
  attempts: number;
  /** After the request's start. */
  offsetMs: number;
  durationMs: number;
}

export interface LossView {
  by: PartyView;
  what: 'dropped' | 'changed' | 'request-id';
  cameIn?: string;
  wentOut?: string;
  /** Index of the hop that went out. */
  hop: number;
}

export interface RequestView {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  path: string;
  /** As the client sent it; absent: none. */
  color?: string;
  hops: readonly HopView[];
  losses: readonly LossView[];
}

/** What went between two parties in a while. */
export interface EdgeView {
  /** `gateway`, `service-a/release` */
  from: string;
  to: string;
  perSecond: number;
  /** Of all that `from` sent to this service, 0 to 1. */
  share: number;
  errorShare: number;
  p50: number;
  p95: number;
}

/** Requests that ended since the last time: some of them whole, of all how many went which way. */
export interface TrafficView {
  requests: readonly RequestView[];
  /** Requests that are not among `requests`. */
  skipped: number;
  /** All that `skipped` did: hops by caller, callee and colour. */
  flows: readonly { from: string; to: string; color?: string; count: number }[];
}

/** One rule as a person reads it: the routes of a service in the order in which they are tried. */
export interface RouteTableView {
  service: string;
  /** `VirtualService coloring/service-b`, `HTTPRoutes of Gateway coloring/coloring` */
  rule: string;
  place: string;
  /** `gateway coloring/coloring`, `mesh` */
  at: readonly string[];
  hosts: readonly string[];
  /** Versions that a route may lead to. */
  subsets: readonly string[];
  routes: readonly RouteView[];
  /** The rule by which callers break circuits to the service, and whether it says so; absent where there is none. */
  breaking?: { rule: string; on: boolean };
}

/** One thing that a route asks of a request. */
export interface ConditionView {
  of: 'path' | 'method' | 'host' | 'scheme' | 'header' | 'query' | 'port' | 'caller' | 'gateway';
  /** Of a header, a parameter of the query, a label of the caller (or `namespace`). */
  name?: string;
  is: 'exact' | 'prefix' | 'pathPrefix' | 'regex' | 'present';
  /** Absent: it has to be there, whatever it says. */
  value?: string;
  /** It must not hold. */
  not?: true;
}

export interface RouteView {
  /** Index in `spec.http`; of HTTPRoutes in the order in which they merge. */
  index: number;
  name?: string;
  place: string;
  /** OR between the entries, AND within one; empty: every request. */
  matches: readonly (readonly ConditionView[])[];
  /** The colour whose route this is, where it matches by nothing else. */
  color?: string;
  destinations: readonly { host: string; subset?: string; weight: number }[];
  /** `redirect to /`, `503` */
  answer?: string;
  fault?: { delayMs?: number; abortStatus?: number; percent: number };
  mirror?: { subset: string; percent: number };
  timeoutMs?: number;
}

export interface RulesView {
  /** Grows with each set of rules that is put in force. */
  generation: number;
  tables: readonly RouteTableView[];
  /** What is no error but worth a word, a line each. */
  remarks: readonly string[];
  /** Why the files as they are now are not in force, a line each; empty where they are. */
  problems: readonly string[];
  /** The change that undo would take back, and what it is about in words; absent where there is nothing. */
  undo?: { id: string; what: string };
}

/** Why one hop went where it went. */
export interface HopReason {
  /** Whose proxy decided. */
  proxy: string;
  /** `GET http://service-b:32000/` */
  request: string;
  tried: readonly { name: string; place: string; matched: boolean; reason?: string }[];
  destinations: readonly { cluster: string; percent: number }[];
  /** What arrived at the callee, without secrets. */
  headers: readonly (readonly [name: string, value: string])[];
}

export interface RequestReasons {
  request: RequestView;
  /** One for each hop. */
  hops: readonly HopReason[];
  /** The rules have changed since: the reasons are those of now. */
  rulesChanged: boolean;
}

/** What is sent again and again. */
export interface SendingSettings {
  /** A second, 0 to 100. */
  rate: number;
  /** Requests at a time, 1 to 50. */
  concurrency: number;
  method: string;
  path: string;
  /** null: without colour. */
  colors: readonly { color: string | null; weight: number }[];
}

/** A change of the rules that a person asks for; `rule` as in {@link RouteTableView}. */
export type Edit = RouteEdit | BreakingEdit;

/** Whether callers bound what they have open to a service, and leave alone who fails. */
interface BreakingEdit {
  rule: string;
  type: 'circuit-breaking';
  on: boolean;
}

/** A change of one route. */
export type RouteEdit = { rule: string; route: number } & (
  | { type: 'destinations'; destinations: readonly { subset: string; weight: number }[] }
  | { type: 'fault'; delayMs?: number | undefined; abortStatus?: number | undefined; percent: number }
  | { type: 'no-fault' }
  | { type: 'mirror'; subset: string; percent: number }
  | { type: 'no-mirror' }
  | { type: 'remove' }
  /** A route for a colour, before `route`. */
  | { type: 'add'; color: string; header: string; host: string; subset: string }
);

/** What changes would do; nothing is done yet. */
export interface Plan {
  id: string;
  /** By file or object: lines of the difference, with context. */
  parts: readonly { target: string; diff: readonly DiffLine[] }[];
  /** The command that would be run; absent where files are written. */
  command?: string;
  /** What the rules would be warned of then, and are not now. */
  remarks: readonly string[];
}

export interface DiffLine {
  type: 'same' | 'removed' | 'added';
  /** From 1: in the text before for `removed`, else after. */
  line: number;
  text: string;
}

/** What the server sends by itself: `event: <key>`, `data: <value as JSON>`. */
export interface ServerEvents {
  lanes: LanesView;
  rules: RulesView;
  traffic: TrafficView;
  edges: readonly EdgeView[];
  /** What is being sent; null: nothing. */
  sending: SendingSettings | null;
}
