import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { testServiceB } from '../testing/apps.ts';

const { app } = testServiceB({ PROJECT_VERSION: 'release-v3' });
const b = () => request(app.callback());

describe('service-b', () => {
  it.each(['*/*', 'text/html', 'text/plain', 'text/plain, application/json', 'application/json;q=0', ''])(
    'answers "Accept: %s" with its version',
    async (accept) => {
      const response = await b().get('/').set('accept', accept).expect(200);
      expect(response.text).toBe('release-v3');
      expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    },
  );

  it.each([
    'application/json',
    'application/json;q=0.5',
    'application/json, text/plain, */*',
    'text/html, application/json;q=0.9',
    'text/plain;q=0.5, application/json',
  ])('answers "Accept: %s" with a trail of one hop', async (accept) => {
    const response = await b()
      .get('/x?y=1')
      .set('accept', accept)
      .set('project-version', 'release-v3')
      .expect(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.body).toEqual({
      color: 'release-v3',
      trail: [{ service: 'service-b', version: 'release-v3', color: 'release-v3', path: '/x' }],
    });
  });

  it.each(['post', 'put', 'patch', 'delete', 'options'] as const)(
    'answers %s as it answers GET',
    async (method) => {
      const response = await b()[method]('/any/path').expect(200);
      expect(response.text).toBe('release-v3');
    },
  );

  it('says - where there is no colour', async () => {
    const response = await b().get('/').set('accept', 'application/json');
    expect(response.body).toMatchObject({ color: '-', trail: [{ color: '-' }] });
  });

  it('is called what SERVICE_NAME says', async () => {
    const reviews = testServiceB({ SERVICE_NAME: 'reviews', PROJECT_VERSION: 'v2' });
    const response = await request(reviews.app.callback()).get('/').set('accept', 'application/json');
    expect(response.body.trail).toMatchObject([{ service: 'reviews', version: 'v2' }]);
  });

  it('shows with ?headers what arrived, without authorization and cookie', async () => {
    const response = await b().get('/?headers').set({
      accept: 'application/json',
      authorization: 'Bearer x',
      cookie: 'session=1',
      'x-request-id': 'r1',
    });
    const { headers } = response.body.trail[0];
    expect(headers).toMatchObject({ accept: 'application/json', 'x-request-id': 'r1' });
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
  });
});
