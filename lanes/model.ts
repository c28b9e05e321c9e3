/** What lanes.yaml says, as the rest of the code knows it: services, their versions, and how each is run here. */
import type { Carrier } from '../carry/color-carrier.ts';
import type { Place } from '../mesh/rules/model.ts';

/** `http` is HTTP/1.1; the others are HTTP/2 without TLS, from the first byte on. */
export const protocols = ['http', 'http2', 'grpc'] as const;
type Protocol = (typeof protocols)[number];

/** The programs of this kit, which can stand for any service: service-a asks others, service-b asks nobody. */
export const standIns = ['service-a', 'service-b'] as const;
export type StandIn = (typeof standIns)[number];

/** Whether each stand-in has a process of its own, which one can kill, or all of a service share one. */
export const processRules = ['each', 'shared'] as const;

/** A command of one's own, which listens on the port that the env PORT names. */
export interface CommandRun {
  type: 'command';
  /** The program and its arguments; or one line for the shell. */
  command: readonly string[] | string;
  /** Where it runs, as seen from the working directory of this process. */
  dir: string;
  /** Path that answers below 400 once it is ready; undefined: it is ready when its port accepts connections. */
  ready?: string;
  /** Globs, below `dir`: a change in one of these files starts it anew. */
  watch: readonly string[];
}

/** What stands for a version on this computer. */
export type Run =
  | { type: 'stand-in'; program: StandIn }
  | CommandRun
  /** It runs already, in a debugger say: `http://127.0.0.1:9000`. */
  | { type: 'url'; host: string; port: number };

export const dialects = ['istio', 'gateway'] as const;
export type Dialect = (typeof dialects)[number];

/** One version of one service. */
export interface LaneVersion {
  name: string;
  /** Labels of its pods: those of every deployment of this kit, and what the file adds or overrides. */
  labels: Readonly<Record<string, string>>;
  replicas: number;
  /** Added to the environment of its processes. */
  env: Readonly<Record<string, string>>;
  /** False: it is deployed, but never ready. */
  ready: boolean;
  run: Run;
  place: Place;
}

export interface LaneService {
  name: string;
  namespace: string;
  port: number;
  /** What its programs speak, and the name of its port in Kubernetes. */
  protocol: Protocol;
  /** The program of this kit that stands for it where it has none of its own. */
  standIn: StandIn;
  /** The services of this file that it asks before it answers, in this order. */
  calls: readonly string[];
  /** It asks them all at once. */
  parallel: boolean;
  /** Requests from outside come in here. */
  entry: boolean;
  /** The file says so itself: it has a host of its own, by which it is asked. */
  namedEntry: boolean;
  /** The names by which clients outside call it, where it is an entry. */
  hosts: readonly string[];
  /** Its processes know no HTTP_PROXY: for each service that it calls they get a local address that leads there. */
  ports: boolean;
  /** The version that serves whatever has no version of its own; one of `versions`. */
  baseline: string;
  versions: readonly LaneVersion[];
  place: Place;
}

export interface Lanes {
  /** As the user named it. */
  file: string;
  namespace: string;
  /** The header that carries the colour, in lower case. */
  header: string;
  carrier: Carrier;
  /** How its rules are written: as VirtualServices and DestinationRules, or as HTTPRoutes and Services. */
  dialect: Dialect;
  /** A link for each lane: `release-v1.DOMAIN`, or a cookie. Absent: none. */
  links?: { domain: string };
  /** How stand-ins run on this computer, where the file says so. */
  processes?: (typeof processRules)[number];
  services: readonly LaneService[];
}
