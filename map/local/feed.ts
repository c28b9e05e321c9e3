/** What running lanes tell of themselves, handed on to the map once there is one. */
import type { Replica } from '../../local/local-lanes.ts';
import type { ProcessChange } from '../../local/version-process.ts';
import type { ReloadResult } from '../../mesh/mesh.ts';
import type { AccessLogEntry } from '../../mesh/proxy/access-log.ts';

export interface FeedListener {
  entry(entry: AccessLogEntry): void;
  changed(): void;
  reloaded(result: ReloadResult): void;
}

/** The handlers are those of LocalLanesOptions. */
export class LocalFeed {
  listener: FeedListener | undefined;
  /** What each process did last. */
  readonly states = new Map<Replica, ProcessChange['type']>();

  readonly onAccessLog = (entry: AccessLogEntry): void => this.listener?.entry(entry);

  readonly onChange = (replica: Replica, { type }: ProcessChange): void => {
    this.states.set(replica, type);
    this.listener?.changed();
  };

  readonly onReload = (result: ReloadResult): void => this.listener?.reloaded(result);
}
