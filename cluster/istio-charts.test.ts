import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { chartAt } from './istio-charts.ts';

test.each([
  ['/charts', ['/charts/istiod-1.31.1.tgz']],
  ['./charts', [resolve('charts/istiod-1.31.1.tgz')]], // a script of pipeline/ runs elsewhere
  ['https://charts.test/istio', ['istiod', '--repo', 'https://charts.test/istio', '--version', '1.31.1']],
  ['http://charts.test', ['istiod', '--repo', 'http://charts.test', '--version', '1.31.1']],
  ['oci://registry.test/charts', ['oci://registry.test/charts/istiod', '--version', '1.31.1']],
  ['oci://registry.test/charts/', ['oci://registry.test/charts/istiod', '--version', '1.31.1']],
])('Helm finds a chart of %s by %j', (where, words) => {
  expect(chartAt('istiod', where, '1.31.1')).toEqual(words);
});
