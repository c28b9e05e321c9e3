import { expect, it } from 'vitest';
import { readObjects } from './source.ts';

/** What kubectl reads (sigs.k8s.io/yaml). */
it.each([
  ['[192.0.2.1, 2001:db8::]', ['192.0.2.1', '2001:db8::']],
  ['[2001:db8::, a]', ['2001:db8::', 'a']],
  ['[2001:db8::/32, fe80::]', ['2001:db8::/32', 'fe80::']],
  ['{ b: 2001:db8::, c: fe80::}', { b: '2001:db8::', c: 'fe80::' }],
  ['{ b: [fe80::], c: 1 }', { b: ['fe80::'], c: 1 }],
  ['[{ b: [fe80::] }]', [{ b: ['fe80::'] }]],
  ['{ b:}', { 'b:': null }],
  // With a blank behind it a colon is what it looks like.
  ['[a: 1, b: ]', [{ a: 1 }, { b: null }]],
  ['{ a: 1, b: }', { a: 1, b: null }],
  ['{ "a":1 }', { a: 1 }],
])('%s', (text, value) => {
  const read = readObjects({ file: 'f.yaml', text: `a: ${text}\n` });
  expect(read.problems).toEqual([]);
  expect(read.objects[0]?.value).toEqual({ a: value });
});
