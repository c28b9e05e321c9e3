import { expect, it } from 'vitest';
import { findLesson } from './find.ts';
import { readLessons } from './lesson.ts';

const names = (await readLessons()).map(({ name }) => name);

it.each([
  ['1', '01-deploying-is-not-releasing'],
  ['06', '06-the-colour'],
  ['06-the-colour', '06-the-colour'],
  ['06-the', '06-the-colour'],
  ['lessons/06-the-colour/', '06-the-colour'],
  ['./lessons/12-host-rewritten', '12-host-rewritten'],
  ['colour', '06-the-colour'],
  ['Mirror', '15-mirror'],
  ['keep-alive', '18-keep-alive'],
  ['who', '08-who-obeys'],
  ['mtls', '22-https-and-mtls'],
])('%s is %s', (asked, name) => {
  expect(findLesson(asked, names)).toEqual({ found: name });
});

it.each([
  ['color', ['06-the-colour']],
  ['06-the-color', ['06-the-colour']],
  ['06-teh-colour', ['06-the-colour']],
  ['wieghts', ['02-weights']],
  ['releasing-is-not', []],
  ['99', []],
  ['0', []],
  ['', []],
  [
    'the',
    [
      '03-inside-the-mesh',
      '06-the-colour',
      '09-one-lane-all-the-way',
      '13-ingress-before-the-mesh',
      '27-the-same-lane-three-ways',
    ],
  ],
])('%s is none, and near to %j', (asked, candidates) => {
  expect(findLesson(asked, names)).toEqual({ candidates });
});
