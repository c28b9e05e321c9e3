/**
 * The narrow interface between the map and a mesh: the map's server knows this and nothing else of it. The local mesh
 * implements it in local/.
 */
import type { TracedRequest } from '../trace/join.ts';
import type { Control, Edit, LanesView, Plan, RequestReasons, RulesView } from './protocol.ts';

export interface SourceEvents {
  /** What `lanes()` says has changed. */
  lanes: () => void;
  /** What `rules()` says has changed. */
  rules: () => void;
  request: (request: TracedRequest) => void;
}

/** How requests get in. */
export interface Entrance {
  /** URL of the gateway; absent: nobody said. */
  gateway?: string | undefined;
  /** The header that carries the colour. */
  header: string;
  /** Host of requests, where not any will do. */
  host?: string | undefined;
}

export interface MeshSource {
  entrance(): Entrance;
  lanes(): LanesView;
  rules(): RulesView;
  /** Told of every change from now on. @returns ends it */
  subscribe(events: SourceEvents): () => void;
  /** Why a request went where it went; undefined where it is no longer remembered. */
  reasons(requestId: string): RequestReasons | undefined;
  /**
   * What changes of the rules would do.
   * @throws Refusal where they cannot be made
   */
  plan(edits: readonly Edit[]): Promise<Plan>;
  /** Carries out a plan. @throws Refusal where what it is about has changed since, or it is not known */
  apply(planId: string): Promise<void>;
  /**
   * Takes the last change back.
   * @param id of RulesView.undo: who asks twice takes back one change
   * @throws Refusal where it is not the last one, or somebody has changed it since
   */
  undo(id: string): Promise<void>;
  /** Makes something of a version's processes. @throws Refusal where that cannot be */
  control(service: string, version: string, control: Control): Promise<void>;
}

/** Why something was not done, for a person; nothing has changed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** As HTTP says it: 400 what was asked is wrong, 404 not there, 409 it has changed since. */
  readonly status: 400 | 404 | 409;

  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
