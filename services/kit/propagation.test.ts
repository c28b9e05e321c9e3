import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { alwaysPropagated } from '../../carry/propagated-headers.ts';
import { listening } from '../testing/apps.ts';
import { createOutbound } from './outbound.ts';
import { type Carried, carried, carrying, propagation, takeIn } from './propagation.ts';

describe('takeIn', () => {
  const incoming = {
    'project-version': 'release-v1',
    'x-request-id': 'r1',
    baggage: 'a=1',
    cookie: 'c=1',
    authorization: 'Basic x',
    host: 'service-a',
    'x-other': '1',
  };

  it('takes the headers of the list and no others', () => {
    expect(takeIn(incoming, alwaysPropagated)).toEqual({
      carried: {
        color: 'release-v1',
        headers: { 'project-version': 'release-v1', 'x-request-id': 'r1', baggage: 'a=1' },
      },
    });
  });

  it('takes those added to the list', () => {
    expect(takeIn(incoming, [...alwaysPropagated, 'x-other']).carried.headers).toHaveProperty('x-other', '1');
  });

  it('always has a colour to send on', () => {
    expect(takeIn({}, alwaysPropagated)).toEqual({
      carried: { color: '-', headers: { 'project-version': '-' } },
    });
  });

  it('hands back a malformed colour and carries on -', () => {
    expect(takeIn({ 'project-version': 'v1, v2' }, alwaysPropagated)).toEqual({
      carried: { color: '-', headers: { 'project-version': '-' } },
      malformed: 'v1, v2',
    });
  });

  it.each([
    ['baggage', { baggage: 'a=1, project-version=v1' }, 'v1'],
    ['baggage', { 'project-version': 'v2', baggage: 'project-version=v1' }, 'v1'],
    ['baggage', { 'project-version': 'v2' }, '-'],
    ['both', { 'project-version': 'v2', baggage: 'project-version=v1' }, 'v2'],
    ['both', { 'project-version': '-', baggage: 'project-version=v1' }, 'v1'],
    ['both', { 'project-version': 'V2', baggage: 'project-version=v1' }, '-'],
    ['header', { baggage: 'project-version=v1' }, '-'],
  ] as const)('finds the colour in %s: of %j it is %s', (carrier, headers, color) => {
    const taken = takeIn(headers, alwaysPropagated, carrier).carried;
    expect(taken.color).toBe(color);
    expect(taken.headers['project-version']).toBe(color);
  });

  it('leaves out what Connection makes hop-by-hop', () => {
    const { carried } = takeIn({ ...incoming, connection: 'close, Baggage' }, alwaysPropagated);
    expect(carried.headers).toEqual({ 'project-version': 'release-v1', 'x-request-id': 'r1' });
  });
});

it('takes in any header name, also one that JavaScript knows', () => {
  const names = ['constructor', 'hasownproperty', 'tostring', 'valueof', '__definegetter__'];
  expect(takeIn({}, names).carried.headers).toEqual({ 'project-version': '-' });
  expect(takeIn({ constructor: 'x' } as never, names).carried.headers).toEqual({
    'project-version': '-',
    constructor: 'x',
  });
});

describe('carried', () => {
  it('is no colour outside of any request', () => {
    expect(carried()).toEqual({ color: '-', headers: { 'project-version': '-' } });
  });

  it('is what work outside of a request is told to carry', async () => {
    const colored = { color: 'release-v1', headers: { 'project-version': 'release-v1' } };
    const seen = await carrying(colored, async () => {
      await wait(1);
      return carried();
    });
    expect(seen).toEqual(colored);
  });
});

/** The ways in which a handler may come to a call long after its request came in. */
const roundabout = {
  timer: (call: Call) => wait(1).then(() => call('timer')),
  callback: (call: Call) =>
    new Promise<void>((resolve, reject) => {
      setImmediate(() => process.nextTick(() => call('callback').then(() => resolve(), reject)));
    }),
  all: (call: Call) => Promise.all([call('all'), wait(1).then(() => call('all')), call('all')]),
  retry: async (call: Call) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await call('fail');
      } catch (error) {
        if (attempt === 2) return undefined;
        if (!(error instanceof Error)) throw error;
        await wait(1);
      }
    }
  },
  abandoned: async (call: Call) => {
    // answered before its call is made
    pending.add(wait(2).then(() => call('abandoned')));
  },
} as const;
type Call = (how: string) => Promise<unknown>;
const pending = new Set<Promise<unknown>>();

describe('a call made for a request', () => {
  it('carries the headers of that request and of no other, to the mesh and nowhere else', async () => {
    /** How often each request's headers arrived, inside the mesh; every other host must see none. */
    const inside: Record<string, string | string[] | undefined>[] = [];
    const outside: Record<string, string | string[] | undefined>[] = [];
    await using meshHost = await listening((req, res) => {
      inside.push(req.headers);
      res.statusCode = req.url === '/fail' ? 503 : 200;
      res.end('{}');
    });
    await using otherHost = await listening((req, res) => {
      outside.push(req.headers);
      res.end('{}');
    });

    const http = createOutbound({ inMesh: [meshHost.url] });
    const app = new Koa();
    app.use(propagation([...alwaysPropagated, 'end-user'], () => {}));
    app.use(async (ctx) => {
      const number = ctx.get('x-number');
      const call: Call = async (how) => {
        await Promise.all([
          http.get(`${otherHost.url}/`, { headers: { 'x-number': number } }),
          http.get(`${meshHost.url}/${how}`, { headers: { 'x-number': number } }),
        ]);
      };
      await roundabout[ctx.path.slice(1) as keyof typeof roundabout](call);
      ctx.body = carried();
    });
    await using service = await listening(app.callback());

    const aRequest = fc.record({
      how: fc.constantFrom(...Object.keys(roundabout)),
      color: fc.constantFrom('release-v1', 'release-v2', '-', ''),
      user: fc.option(fc.stringMatching(/^[a-z]{1,8}$/), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(aRequest, { minLength: 2, maxLength: 12 }), async (requests) => {
        inside.length = 0;
        outside.length = 0;
        const answers = await Promise.all(
          requests.map(async ({ how, color, user }, number) => {
            const headers: Record<string, string> = {
              'x-number': String(number),
              'x-request-id': `r${number}`,
              'project-version': color,
              cookie: 'c=1',
            };
            if (user) headers['end-user'] = user;
            return (await (await fetch(`${service.url}/${how}`, { headers })).json()) as Carried;
          }),
        );
        await Promise.all(pending);
        pending.clear();

        const expected = requests.map(({ color, user }, number) => ({
          'project-version': color || '-',
          'x-request-id': `r${number}`,
          ...(user && { 'end-user': user }),
        }));
        expect(answers.map(({ headers }) => headers)).toEqual(expected);
        for (const headers of inside) {
          expect(sent(headers)).toEqual(expected[Number(headers['x-number'])]);
          expect(headers).not.toHaveProperty('cookie');
        }
        const calls = { timer: 1, callback: 1, all: 3, retry: 3, abandoned: 1 };
        const times = requests.reduce((sum, { how }) => sum + calls[how as keyof typeof calls], 0);
        expect(inside).toHaveLength(times);
        expect(outside).toHaveLength(times);
        for (const headers of outside) expect(sent(headers)).toEqual({});
      }),
      { numRuns: 30 },
    );
  });
});

describe('listeners', () => {
  it.each([
    ['end of the request', 'req', 'end'],
    ['close of the request', 'req', 'close'],
    ['finish of the response', 'res', 'finish'],
    ['close of the response', 'res', 'close'],
  ] as const)('of %s are part of the request, each of its own', async (_, emitter, event) => {
    const seen: unknown[] = [];
    const app = new Koa();
    app.use(propagation(alwaysPropagated, () => {}));
    app.use(async (ctx) => {
      ctx[emitter].on(event, () => seen.push([ctx.path.slice(1), carried().color]));
      await text(ctx.req);
      ctx.body = 'ok';
    });
    await using service = await listening(app.callback());
    const colors = ['release-v1', 'release-v2', 'release-v3', '-'];
    for (const color of colors) {
      const body = new ReadableStream({
        start: async (stream) => {
          stream.enqueue(new TextEncoder().encode('first'));
          await wait(5);
          stream.enqueue(new TextEncoder().encode('second'));
          stream.close();
        },
      });
      const headers = { 'project-version': color };
      await (
        await fetch(`${service.url}/${color}`, {
          method: 'POST',
          headers,
          body,
          duplex: 'half',
        } as RequestInit)
      ).text();
    }
    await expect.poll(() => seen.length).toBe(colors.length);
    expect(seen).toEqual(colors.map((color) => [color, color]));
  });
});

/** Of the headers that arrived, those that may be carried. */
function sent(headers: Record<string, string | string[] | undefined>) {
  return Object.fromEntries(
    [...alwaysPropagated, 'end-user'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, headers[name]]],
    ),
  );
}
