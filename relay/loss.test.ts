/** What a lane loses: its program, its computer, the way between. Whoever waits for an answer is let go at once. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComputerOptions } from './computer/connect.ts';
import { processState } from './computer/process-state.ts';
import { startTestLane, type TestLane } from './testing/lane.ts';
import { type Program, startProgram } from './testing/program.ts';
import { startRelayProcess } from './testing/relay-process.ts';

let program: Program;
let lane: TestLane;
beforeEach(async () => {
  program = await startProgram();
});
afterEach(async () => {
  await lane[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

async function start(options: Partial<ComputerOptions> = {}, env: NodeJS.ProcessEnv = {}): Promise<void> {
  lane = await startTestLane(program.port, options, env);
  await lane.ready();
}

interface Asked {
  code: string | undefined;
  text: string | undefined;
  ms: number;
}

/** One request; a reset is what lets a sidecar try again at the baseline. */
async function ask(path = '/'): Promise<Asked> {
  const began = performance.now();
  const ended = (rest: Pick<Asked, 'code' | 'text'>) => ({ ...rest, ms: performance.now() - began });
  try {
    const text = await (await fetch(`${lane.url}${path}`)).text();
    return ended({ code: undefined, text });
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    return ended({ code: cause?.code ?? String(cause ?? error), text: undefined });
  }
}

const readyz = async () => {
  const response = await fetch(`http://127.0.0.1:${lane.relay.healthPort}/readyz`);
  return {
    status: response.status,
    ...((await response.json()) as { ready: boolean; why?: string; since: string }),
  };
};
/** So long after a moment the relay's log said it. */
const toldAt = async (msg: string, after: number): Promise<number> => {
  const at = () =>
    lane.relay.log
      .flatMap((line) => (line.msg === msg ? [Date.parse(String(line.time))] : []))
      .find((one) => one >= after);
  await expect.poll(at).toBeTruthy();
  return (at() ?? 0) - after;
};
/** A heartbeat each 250 ms, a look each 50 ms, and what a busy computer adds. */
const withinMs = 2_000;

describe('a program', () => {
  it('that is killed resets who waits, and is back when it runs again', async () => {
    await start();
    const waiting = ask('/slow');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const at = Date.now();
    program.child.kill('SIGKILL');
    expect(await waiting).toMatchObject({ text: undefined });
    expect(await toldAt('not ready', at)).toBeLessThan(withinMs);
    expect(await readyz()).toMatchObject({
      status: 503,
      ready: false,
      why: expect.stringContaining('nothing listens on'),
    });
    expect((await ask()).code).toBe('ECONNRESET');
    const { port } = program;
    await program[Symbol.asyncDispose]();
    program = await startProgram(port);
    await expect.poll(async () => (await ask()).text).toBe('mine');
    expect((await readyz()).status).toBe(200);
  });

  it('that is stopped (SIGSTOP) resets who waits, and is back when it goes on', async () => {
    await start({ processState: () => processState(program.child.pid as number) });
    program.child.kill('SIGSTOP');
    const asked = await ask();
    expect(asked.code).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(asked.ms).toBeLessThan(withinMs);
    expect((await readyz()).why).toBe('the process is stopped (SIGSTOP)');
    program.child.kill('SIGCONT');
    await expect.poll(async () => (await ask()).text).toBe('mine');
  });

  it('that answers nobody counts as hanging, and not before it answers again as ready', async () => {
    await start({ hangMs: 500 });
    const stuck = await ask('/stuck=3000');
    expect(stuck.code).toBeTruthy();
    expect(stuck.ms).toBeGreaterThan(450);
    expect((await readyz()).why).toBe('the program has answered nobody for 0.5 s');
    // its callers were let go; the one that it answers in the end shows that it is back
    expect((await ask()).code).toBe('ECONNRESET');
    await expect.poll(async () => (await readyz()).status).toBe(200);
    expect((await ask()).text).toBe('mine');
  });

  it('never hangs where that is wanted', async () => {
    await start({ hangMs: Number.POSITIVE_INFINITY });
    expect((await ask('/stuck=2500')).text).toBe('late');
  });

  it('answers others while one request waits: it does not hang', async () => {
    await start({ hangMs: 400 });
    const never = ask('/never');
    const until = performance.now() + 1_500;
    while (performance.now() < until) {
      expect((await ask()).text).toBe('mine');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await program[Symbol.asyncDispose]();
    expect((await never).code).toBeTruthy();
  });

  it('is ready only when its own path says so', async () => {
    await start({ readyPath: '/' });
    expect((await ask()).text).toBe('mine');
    await lane.computer.close();
    await lane.relay[Symbol.asyncDispose]();
    lane = await startTestLane(program.port, { readyPath: '/never', hangMs: 200 });
    await expect.poll(() => lane.computer.state.why).toBe('GET /never: no answer within 0.2 s');
  });
});

/** A lane whose computer is reached over sockets that a test can cut or hold up. */
async function startCuttable(): Promise<{ sockets: Socket[]; held: { on: boolean }; close: () => void }> {
  const sockets: Socket[] = [];
  const held = { on: false };
  const server = createServer((near) => {
    const far = connect(lane.relay.streamPort, '127.0.0.1');
    for (const one of [near, far]) one.on('error', () => {});
    near.on('data', (bytes) => held.on || far.write(bytes));
    far.on('data', (bytes) => held.on || near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    sockets.push(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await start({
    dial: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  });
  return { sockets, held, close: () => server.close() };
}

describe('the way between', () => {
  it('that is cut resets what it carried, and is there again without a command, ten times', async () => {
    const { sockets, close } = await startCuttable();
    for (let turn = 0; turn < 10; turn++) {
      const waiting = ask('/slow');
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const one of sockets.splice(0)) one.resetAndDestroy();
      expect((await waiting).code).toBeTruthy();
      await expect.poll(async () => (await ask()).text).toBe('mine');
    }
    close();
  });

  it('that goes silent makes it not ready after a second; what has answer bytes stays', async () => {
    const { held, close } = await startCuttable();
    let partsEnded = false;
    fetch(`${lane.url}/parts`)
      .then((response) => response.text())
      .catch(() => {})
      .finally(() => {
        partsEnded = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const waiting = ask('/never');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const at = Date.now();
    held.on = true;
    expect((await waiting).code).toBeTruthy();
    const silence = await toldAt('not ready', at);
    expect(silence).toBeLessThan(withinMs);
    expect(partsEnded).toBe(false);
    expect((await readyz()).why).toBe('the computer is silent');
    // and the computer dials anew by itself
    held.on = false;
    await expect.poll(async () => (await ask()).text).toBe('mine');
    close();
  });
});

describe('the relay', () => {
  it('ends itself with 0 without its computer', async () => {
    await start({}, { RELAY_TTL_SECONDS: '1' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(lane.relay.child.exitCode).toBeNull();
    await lane.computer.close();
    expect(await lane.relay.exit).toBe(0);
    expect(lane.relay.log.at(-1)).toMatchObject({ msg: 'ended', why: 'no computer' });
  });

  it('lets what is being answered end at SIGTERM, and takes nothing new', async () => {
    await start();
    const response = await fetch(`${lane.url}/parts`);
    const waiting = ask('/never');
    await new Promise((resolve) => setTimeout(resolve, 100));
    lane.relay.child.kill('SIGTERM');
    expect((await waiting).code).toBeTruthy();
    expect((await ask()).code).toBe('ECONNRESET');
    expect(await response.text()).toBe('part'.repeat(7));
    // not 0: the Job is to make another pod
    expect(await lane.relay.exit).toBe(143);
  });

  it('names what is wrong with its settings', async () => {
    await start(); // for afterEach
    await expect(startRelayProcess({ RELAY_PUBLIC_KEY: 'x', PORT: '70000' })).rejects.toThrow(
      /PORT=70000: has to be a whole number up to 65535.*RELAY_PUBLIC_KEY: is no public Ed25519 key/,
    );
  });
});
