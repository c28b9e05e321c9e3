import { expect, test } from 'vitest';
import { parseLanes } from '../../lanes/lanes.ts';
import { processEnvironment } from './options.ts';

const lanes = parseLanes(
  'services: { a: { port: 81, calls: b, versions: [{ name: release, env: { LEVEL: info } }] }, b: { port: 80, versions: [release] } }',
);
const [service] = lanes.services;
if (!service) throw new Error('no service');
const target = { context: 'far', lanes, service, version: 'me', timeoutSeconds: 5 };
const given = (env: Record<string, string>, fromBaseline: Record<string, string> = {}) =>
  processEnvironment({ target, port: 8100, env }, fromBaseline, 'http://127.0.0.1:9');

test('it is that version, listens on the port of this computer, and calls by the proxy', () => {
  expect(given({})).toMatchObject({
    SERVICE_NAME: 'a',
    PROJECT_VERSION: 'me',
    LEVEL: 'info',
    PORT: '8100',
    HTTP_PROXY: 'http://127.0.0.1:9',
    http_proxy: 'http://127.0.0.1:9',
    NO_PROXY: 'localhost,127.0.0.1,::1',
    NODE_USE_ENV_PROXY: '1',
  });
});

test("of the baseline's Deployment it has what is not its own; what a person gives is before all", () => {
  const env = given(
    { LEVEL: 'debug', NODE_USE_ENV_PROXY: '0' },
    { PROJECT_VERSION: 'release', PORT: '81', DATABASE: 'db' },
  );
  expect(env).toMatchObject({
    PROJECT_VERSION: 'me',
    PORT: '8100',
    DATABASE: 'db',
    LEVEL: 'debug',
    NODE_USE_ENV_PROXY: '0',
  });
});

test('who gives HTTP_PROXY or NO_PROXY means http_proxy and no_proxy as well', () => {
  const env = given({ NO_PROXY: 'other', http_proxy: 'http://own' });
  expect([env.NO_PROXY, env.no_proxy]).toEqual(['other', 'other']);
  expect([env.HTTP_PROXY, env.http_proxy]).toEqual(['http://own', 'http://own']);
});
