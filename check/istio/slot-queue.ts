/** Which slot a scene goes to: where most of its pods are up already, then where there is least to do. */
import type { Scene } from '../scene.ts';

/** What the queue needs of a slot. */
export interface Place {
  onClose: () => void;
  /** Starts what a scene will need, while another one is up. */
  prepare(scene: Scene): void;
}

interface Line<P> {
  place: P;
  isBusy: boolean;
  waiting: { scene: Scene; go: (place: P) => void }[];
  /** Versions of the scenes that were here, or will be. */
  versions: Set<string>;
}

export class SlotQueue<P extends Place> {
  readonly #lines: Line<P>[];

  constructor(places: readonly P[]) {
    this.#lines = places.map((place) => ({ place, isBusy: false, waiting: [], versions: new Set() }));
    for (const line of this.#lines) line.place.onClose = () => this.#next(line);
  }

  /** Resolves when the scene may go up there. */
  take(scene: Scene): Promise<P> {
    const versions = versionsOf(scene);
    const [line] = [...this.#lines].sort(
      (a, b) => shared(b, versions) - shared(a, versions) || load(a) - load(b),
    ) as [Line<P>];
    for (const version of versions) line.versions.add(version);
    return new Promise((go) => {
      line.waiting.push({ scene, go });
      if (!line.isBusy) this.#next(line);
      else if (line.waiting.length === 1) line.place.prepare(scene);
    });
  }

  #next(line: Line<P>): void {
    const first = line.waiting.shift();
    line.isBusy = first !== undefined;
    first?.go(line.place);
    const [second] = line.waiting;
    if (second) line.place.prepare(second.scene);
  }
}

/** The pods that a scene needs; of the echo none. */
function versionsOf({ upstream, world }: Scene): string[] {
  if (upstream !== 'pair') return [];
  return world.services.flatMap(({ name, versions }) => versions.map((version) => `${name}/${version.name}`));
}

function shared<P>(line: Line<P>, versions: readonly string[]): number {
  return versions.filter((version) => line.versions.has(version)).length;
}

function load<P>(line: Line<P>): number {
  return line.waiting.length + (line.isBusy ? 1 : 0);
}
