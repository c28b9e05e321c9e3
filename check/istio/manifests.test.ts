import { expect, it } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { services } from './manifests.ts';

const world = parseLanes(`
namespace: coloring
services:
  service-a: { port: 31000, calls: service-b, versions: [v1] }
  service-b: { port: 32000, namespace: elsewhere, versions: [v2] }
`);

it('has a Service for each service, by its label', () => {
  expect(services(world).map(({ metadata, spec }) => [metadata, spec])).toEqual([
    [
      { name: 'service-a', namespace: 'coloring' },
      {
        selector: { app: 'service-a' },
        ports: [{ name: 'http', port: 31000, targetPort: 'http', appProtocol: 'http' }],
      },
    ],
    [
      { name: 'service-b', namespace: 'elsewhere' },
      {
        selector: { app: 'service-b' },
        ports: [{ name: 'http', port: 32000, targetPort: 'http', appProtocol: 'http' }],
      },
    ],
  ]);
});
