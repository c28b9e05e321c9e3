import { expect, it } from 'vitest';
import type { Curve } from './layout.ts';
import { placeLabels } from './place-labels.ts';

const size = { width: 100, height: 30 };
const curve = (y1: number, y2: number): Curve => ({ x1: 0, y1, x2: 400, y2, reach: 200 });

it('labels of edges that cross do not cover each other', () => {
  const labels = placeLabels([curve(0, 200), curve(200, 0), curve(100, 100)], size);
  const found = labels.filter((label) => label !== undefined);
  expect(found).toHaveLength(3);
  for (const [i, a] of found.entries()) {
    for (const b of found.slice(i + 1)) {
      expect(Math.abs(a.x - b.x) >= size.width || Math.abs(a.y - b.y) >= size.height).toBe(true);
    }
  }
});

it('a label without room is left out', () => {
  const same = Array.from({ length: 20 }, () => curve(0, 0));
  expect(placeLabels(same, size).filter(Boolean).length).toBeLessThan(5);
});
