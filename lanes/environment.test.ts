import { expect, it } from 'vitest';
import { versionEnvironment } from './environment.ts';
import { type LaneService, parseLanes } from './lanes.ts';

const lanes = parseLanes(`
services:
  web: { port: 80, calls: [api, db-proxy], run: node web.js, versions: [release] }
  api: { port: 81, versions: [release] }
  db-proxy: { port: 82, namespace: data, versions: [release] }`);
const web = lanes.services[0] as LaneService;
const environment = (urlOf?: (called: LaneService) => string) =>
  versionEnvironment(lanes, web, web.versions[0] as LaneService['versions'][0], urlOf);

it('tells a program whom it calls, and what carry/ would not take for a host of the mesh', () => {
  expect(environment()).toMatchObject({
    API_URL: 'http://api:81',
    DB_PROXY_URL: 'http://db-proxy.data:82',
    IN_MESH: 'default,db-proxy.data:82',
  });
  expect(environment(({ port }) => `http://127.0.0.1:90${port}`).IN_MESH).toBe(
    'default,127.0.0.1:9081,127.0.0.1:9082',
  );
  expect(environment(({ name }) => `http://${name}`)).not.toHaveProperty('IN_MESH');
});
