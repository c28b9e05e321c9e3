import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { listening, serverOf } from '../testing/apps.ts';
import { runToExit, startService } from '../testing/processes.ts';

describe('a service that starts', () => {
  it.each(['service-a', 'service-b'] as const)('%s says where it listens', async (name) => {
    await using service = await startService(name, { PROJECT_VERSION: 'release-v1' });
    expect(await service.logged('listening')).toMatchObject({
      service: name,
      version: 'release-v1',
      level: 'info',
    });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  it.each([
    ['service-a', { PORT: 'abc' }, 'service-a: PORT="abc": must be a port, 0 to 65535\n'],
    ['service-a', { SERVICE_B_URL: 'b' }, /^service-a: SERVICE_B_URL="b": must be a URL [^\n]*\n$/],
    [
      'service-b',
      { PROJECT_VERSION: '' },
      /^service-b: PROJECT_VERSION="": must be a DNS-1123 label[^\n]*\n$/,
    ],
  ] as const)('%s with %j says what is wrong in one line and exits with 2', async (name, env, line) => {
    const { code, stderr } = await runToExit(name, env);
    expect(code).toBe(2);
    if (typeof line === 'string') expect(stderr).toBe(line);
    else expect(stderr).toMatch(line);
  });

  it('says in one line that its port is in use and exits with 1', async () => {
    await using other = await listening(() => {});
    const port = new URL(other.url).port;
    expect(await runToExit('service-b', { PORT: port, HOST: '127.0.0.1' })).toEqual({
      code: 1,
      stderr: `service-b: cannot listen on port ${port}: the port is in use; set PORT to another\n`,
    });
  });
});

describe('a service that stops', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s is not ready but healthy, answers what it was asked, and exits with 0',
    async (signal) => {
      const asked = Promise.withResolvers<() => void>();
      await using b = await listening((_, res) => asked.resolve(() => res.end('release-v3')));
      await using a = await startService('service-a', { SERVICE_B_URL: b.url, DRAIN_DELAY_MS: '1000' });

      const inFlight = fetch(a.url);
      const answer = await asked.promise;
      a.child.kill(signal);
      await a.logged('stopping');

      expect((await fetch(`${a.url}/readyz`)).status).toBe(503);
      const health = await fetch(`${a.url}/healthz`);
      expect(health.status).toBe(200);
      expect(health.headers.get('connection')).toBe('close');

      await refused(a.url);
      answer();
      expect(await (await inFlight).text()).toBe('release-v3');
      expect(await a.exit).toEqual({ code: 0, stderr: '' });
      expect(await a.logged('stopped')).toMatchObject({ drained: true });
    },
  );

  it('closes connections that are idle', async () => {
    await using b = await startService('service-b', { DRAIN_DELAY_MS: '0' });
    await (await fetch(b.url)).text(); // fetch keeps its connection
    b.child.kill('SIGTERM');
    expect((await b.exit).code).toBe(0);
  });

  it('exits with 1 when the grace period ends before the answers', async () => {
    await using silent = await listening(() => asked.resolve());
    const asked = Promise.withResolvers<void>();
    const env = { SERVICE_B_URL: silent.url, DRAIN_DELAY_MS: '0', GRACE_PERIOD_MS: '100' };
    await using a = await startService('service-a', env);
    const cutOff = expect(fetch(a.url)).rejects.toThrow();
    await asked.promise;
    a.child.kill('SIGTERM');
    expect((await a.exit).code).toBe(1);
    await cutOff;
  });

  it('exits at once on a second signal', async () => {
    await using b = await startService('service-b', { DRAIN_DELAY_MS: '60000' });
    b.child.kill('SIGTERM');
    await b.logged('stopping');
    b.child.kill('SIGTERM');
    expect((await b.exit).code).toBe(128 + 15);
  });
});

describe('a service whose standard output', () => {
  it.each([
    ['is closed', (stdout: Readable) => stdout.destroy()],
    ['is not read any more', (stdout: Readable) => stdout.removeAllListeners('data').pause()],
  ])('%s serves on without a log, and ends on SIGTERM', async (_, stop) => {
    await using b = await startService('service-b', { LOG_LEVEL: 'debug', DRAIN_DELAY_MS: '0' });
    stop(b.child.stdout as Readable);
    // each is a line of 8 kB: more than the pipe and what is kept in memory can hold
    for (let i = 0; i < 300; i++) {
      const answer = await fetch(`${b.url}/${'x'.repeat(8_000)}`);
      expect(await answer.text()).toBe('release');
    }
    b.child.kill('SIGTERM');
    const [code] = await once(b.child, 'exit');
    b.child.stdout?.resume();
    expect(code).toBe(0);
  });
});

describe('the HTTP server', () => {
  it('keeps an idle connection longer than the hour that a proxy does', async () => {
    await using b = await listening(serverOf('service-b'));
    const { headers } = await fetch(b.url);
    expect(Number(/^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(3_600);
  });

  it('refuses a head of more than 60 KiB with 431', async () => {
    await using b = await listening(serverOf('service-b'));
    const { status } = await fetch(b.url, { headers: { 'x-big': 'x'.repeat(61 * 1024) } });
    expect(status).toBe(431);
  });
});

/** Resolves when connections to this address are refused; each attempt waits for the one before. */
async function refused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    const socket = connect(Number(port), hostname);
    try {
      await once(socket, 'connect');
    } catch {
      return;
    }
    socket.destroy();
    await once(socket, 'close');
  }
}
