import { expect, test } from 'vitest';
import { isOlder, versionIn } from './tools.ts';

test.each([
  ['v3.22.0', '3.22.0'],
  ['kind v0.33.0 go1.26.8 linux/amd64', '0.33.0'],
  ['{"clientVersion": {"major": "1", "gitVersion": "v1.34.4"}}', '1.34.4'],
  ['27.3.1', '27.3.1'],
  ['v0.0.0-master+$Format:%H$', undefined],
  ['no version', undefined],
])('the version in %j', (text, version) => expect(versionIn(text)).toBe(version));

test.each([
  ['3.9.0', '3.14', true],
  ['3.14', '3.14.0', false],
  ['4.0.0', '3.14', false],
  ['0.23.9', '0.24', true],
])('%s is older than %s: %s', (version, than, older) => expect(isOlder(version, than)).toBe(older));
