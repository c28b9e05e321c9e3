import { expect, it } from 'vitest';
import { type Curve, pointOn } from './curves.ts';
import { placeLabels } from './place-labels.ts';

const size = { width: 100, height: 30 };
const curve = (y1: number, y2: number): Curve => ({ x1: 0, y1, x2: 400, y2, c1: 200, c2: 200 });

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

it('no other edge runs through a label where there is another place', () => {
  const curves = [curve(0, 200), curve(100, 100), curve(200, 0)];
  for (const [i, label] of placeLabels(curves, size).entries()) {
    const others = curves.filter((_, index) => index !== i);
    for (const other of others) {
      for (let t = 0; t <= 1; t += 0.05) {
        const { x, y } = pointOn(other, t);
        const isThrough =
          Math.abs(x - (label?.x ?? 0)) < size.width / 2 && Math.abs(y - (label?.y ?? 0)) < size.height / 2;
        expect(isThrough).toBe(false);
      }
    }
  }
});

it('a label without room is left out', () => {
  const same = Array.from({ length: 20 }, () => curve(0, 0));
  expect(placeLabels(same, size).filter(Boolean).length).toBeLessThan(5);
});
