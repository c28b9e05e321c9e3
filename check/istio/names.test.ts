import { expect, it } from 'vitest';
import { back, forth, slotNames } from './names.ts';

const names = slotNames('lesson-1');
const rule = {
  metadata: { name: 'service-a', namespace: 'coloring' },
  spec: {
    selector: { istio: 'ingressgateway' },
    hosts: ['service-a.coloring.svc.cluster.local', 'elsewhere/*', 'istio-system/gw', 'colouring.example'],
  },
};

it("puts the slot's names where a scene has its own, and nothing else", () => {
  expect(forth(rule, names, 'coloring')).toEqual({
    metadata: { name: 'service-a', namespace: 'lesson-1' },
    spec: {
      selector: { istio: 'gateway-lesson-1' },
      hosts: [
        'service-a.lesson-1.svc.cluster.local',
        'lesson-1-elsewhere/*',
        'lesson-1-system/gw',
        'colouring.example',
      ],
    },
  });
});

it('takes them back out', () => {
  expect(back(forth(rule, names, 'coloring'), names, 'coloring')).toEqual(rule);
});
