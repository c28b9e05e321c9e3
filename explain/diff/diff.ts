/** A change and its effect. */

import { formatPlace } from '../../mesh/rules/problem.ts';
import type { MeshConfig } from '../live/mesh-config.ts';
import { apply, type ObjectChange } from './apply.ts';
import { compareRequests } from './compare.ts';
import type { Effect } from './effect.ts';
import { takes } from './effect.ts';
import { gather } from './gather.ts';
import { type AnyObject, formatName } from './objects.ts';
import { presumedFor } from './presumed.ts';
import { running, type Side, sideOf } from './side.ts';
import { compareStructure } from './structure.ts';
import { registries } from './workloads.ts';
import type { WrittenObject } from './written.ts';

export interface Diff {
  changes: readonly ObjectChange[];
  /** What takes something away comes first. */
  effects: readonly Effect[];
  /** How many versions of a service requests reach, where that differs. */
  versions: readonly { service: string; before: readonly string[]; after: readonly string[] }[];
  /** Of the objects that change what is not judged here, a line each. */
  notJudged: readonly string[];
  /** What the rules name and is not among the objects, so that it is presumed. */
  presumed: readonly AnyObject[];
}

export interface DiffInput {
  before: readonly AnyObject[];
  written: readonly WrittenObject[];
  /** Which of the objects that are not written go. */
  goes: (object: AnyObject) => boolean;
  meshConfig: MeshConfig;
  /** Whether `before` is all that there is: a cluster that may be read. What rules name and is not there, is not there. */
  isWhole: boolean;
}

export function diff({ before, written, goes, meshConfig, isWhole }: DiffInput): Diff {
  const { after, changes } = apply(before, written, goes);
  const asked = { before: sideOf(before, meshConfig), after: sideOf(after, meshConfig) };
  const presumed = isWhole ? { before: [], after: [] } : presumedFor(asked.before, asked.after);
  const sides = (['before', 'after'] as const).map((side) =>
    presumed[side].length === 0
      ? asked[side]
      : sideOf([...asked[side].objects, ...presumed[side]], meshConfig),
  );
  const who = registries(sides, { isSeen: isWhole });
  const [was, is] = sides.map((side, i) => running(side, who[i] ?? { services: [] }));
  if (!was || !is) throw new Error('a diff has two sides');
  const requests = compareRequests(was, is);
  const short = shortNames([...requests.reached.keys()]);
  const effects = [...gather(requests, was), ...compareStructure(was, is)].map((effect) => ({
    ...effect,
    service: short(effect.service),
  }));
  const versions = [...requests.reached].flatMap(([service, { before, after }]) =>
    before.size === after.size
      ? []
      : [{ service: short(service), before: [...before].sort(), after: [...after].sort() }],
  );
  return {
    changes,
    effects: [...effects.filter(takes), ...effects.filter((one) => !takes(one))],
    versions,
    notJudged: notJudged(sides, changes),
    presumed: presumed.before,
  };
}

/** `VirtualService shop/web http[0]: spec.http[0].corsPolicy` */
function notJudged(sides: readonly Side[], changes: readonly ObjectChange[]): string[] {
  const changed = new Set(changes.map(({ object }) => formatName(object)));
  const lines = sides.flatMap(({ mesh }) =>
    mesh.read.notJudged
      .filter(({ object }) => changed.has(formatName(object)))
      .map(({ place, field, message }) => `${formatPlace(place)}: ${field ?? message}`),
  );
  return [...new Set(lines)];
}

/** A service by its name alone, where no other namespace has one of that name. */
function shortNames(services: readonly string[]): (service: string) => string {
  const full = new Set(services.filter((service) => /^[^.]+\.[^.]+$/.test(service)));
  const counts = Map.groupBy(full, (service) => service.split('.')[0]);
  return (service) => {
    const [name = ''] = service.split('.');
    return full.has(service) && counts.get(name)?.length === 1 ? name : service;
  };
}
