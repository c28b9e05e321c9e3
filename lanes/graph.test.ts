import { expect, it } from 'vitest';
import { calledFirst, callOrder } from './graph.ts';
import { parseLanes } from './lanes.ts';

const lanes = parseLanes(`
services:
  web: { port: 1, calls: [db, api], versions: [v1] }
  api: { port: 1, calls: db, versions: [v1] }
  db: { port: 1, versions: [v1] }
`);

it('orders services as they are called first', () => {
  const [web] = lanes.services;
  expect(web && callOrder(lanes, web).map(({ name }) => name)).toEqual(['web', 'db', 'api']);
});

it('orders services so that nobody comes before one that it calls', () => {
  expect(calledFirst(lanes).map(({ name }) => name)).toEqual(['db', 'api', 'web']);
});
