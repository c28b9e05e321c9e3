/** The Job by which somebody's computer is a version (charts/version, `local`), as the API server has it. */
import type { KubernetesObject } from './objects.ts';

export interface Job extends KubernetesObject {
  spec: { template: { spec: { containers: { name: string; image: string }[] } } };
  status?: { ready?: number; completionTime?: string; conditions?: { type: string; status: string }[] };
}

/** Whose computer a version is. */
export interface LocalLane {
  /** `user@host`. */
  by: string;
  since: Date;
  /** Of the command: `HOST/PID/…`. */
  session: string;
  /** Its relay runs no more: it was left behind. */
  isLeft: boolean;
}

/** Of the Job, or of the ServiceAccount beside it; undefined: it is something else. */
export function localLaneOf({ metadata }: KubernetesObject): Omit<LocalLane, 'isLeft'> | undefined {
  const { annotations = {} } = metadata;
  const session = annotations['coloring/local-session'];
  if (session === undefined) return undefined;
  const since = new Date(annotations['coloring/local-since'] ?? metadata.creationTimestamp ?? Number.NaN);
  return { by: annotations['coloring/local-by'] ?? 'somebody', since, session };
}

/** It ended by itself, without its computer, or is being taken away. */
export function hasEnded({ metadata, status }: Job): boolean {
  if (metadata.deletionTimestamp !== undefined || status?.completionTime !== undefined) return true;
  return status?.conditions?.some(({ type, status: is }) => type === 'Failed' && is === 'True') ?? false;
}
