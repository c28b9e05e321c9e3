/** 400 connections that nobody reads: how much the relay keeps of them, and whether others are served still. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Duplex, duplexPair, getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { bundle } from '../build/bundle.ts';
import { projectFile } from '../runtime/project.ts';
import { connectComputer } from './computer/index.ts';
import { Backlog, readAheadBytes } from './pod/backlog.ts';
import { join } from './stream/join.ts';
import { clientSession, largestWindowBytes, serverSession, setWindow } from './stream/sessions.ts';
import { openStream } from './stream/tunnel.ts';
import { listening } from './testing/lane.ts';
import { startRelayProcess } from './testing/relay-process.ts';

const connections = 400;
const mib = 1024 * 1024;
const limitMib = 64;

/** The relay as its pod runs it: bundled, with the memory that the chart gives. */
async function startAsInPod() {
  const folder = await mkdtemp(joinPath(tmpdir(), 'relay-'));
  const chart = await readFile(projectFile('charts/version/charts/workload/templates/_job.tpl'), 'utf8');
  const [, options = ''] = /NODE_OPTIONS: (.*?) #/.exec(chart) ?? [];
  const { file } = await bundle('relay', folder);
  const relay = await startRelayProcess({ NODE_OPTIONS: options }, [file]);
  onTestFinished(async () => {
    await relay[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return relay;
}

/** Memory of its own: beside it there is what is read of Node's file, and given back when memory is short. */
async function ownMib(pid: number): Promise<number> {
  const [, kib] = /RssAnon:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

it.runIf(process.platform === 'linux')(
  `of ${connections} answers of the mesh that the computer does not read: within ${limitMib} MiB, ready, and others are served`,
  async () => {
    const relay = await startAsInPod();
    const program = createServer((_, res) => res.end('mine'));
    const port = await listening(program);
    // more than a window, which is kept here
    const large = Buffer.alloc(384 * 1024);
    const mesh = createTcpServer((socket) => socket.on('error', () => {}).write(large));
    const meshPort = await listening(mesh);
    const states: boolean[] = [];
    const computer = connectComputer({
      dial: relay.dial,
      privateKey: relay.key.privateKey,
      local: { host: '127.0.0.1', port },
      onState: ({ ready }) => states.push(ready),
    });
    onTestFinished(async () => {
      await computer.close();
      program.closeAllConnections();
      for (const server of [program, mesh]) server.close();
    });
    await expect.poll(() => computer.state.ready).toBe(true);
    let most = 0;
    const look = async () => {
      most = Math.max(most, await ownMib(relay.child.pid as number));
    };
    for (let opened = 0; opened < connections; opened++) {
      (await computer.openConnection('127.0.0.1', meshPort)).on('error', () => {});
      await look();
    }
    for (let turn = 0; turn < 20; turn++) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(most).toBeLessThan(limitMib);
    expect(states.lastIndexOf(false)).toBeLessThan(states.indexOf(true));
    expect(await (await fetch(`http://127.0.0.1:${relay.port}`)).text()).toBe('mine');
  },
  60_000,
);

it(`of ${connections} answers of the computer that the mesh does not read: a window is smaller the more is kept, and all stay`, async () => {
  const usual = getDefaultHighWaterMark(false);
  setDefaultHighWaterMark(false, readAheadBytes);
  onTestFinished(() => setDefaultHighWaterMark(false, usual));
  const [near, far] = duplexPair();
  const answers = ['small'];
  serverSession(far).on('stream', (stream) => {
    stream.on('error', () => {}).respond({ ':status': 200 });
    stream.end(answers.length > 1 ? answers.pop() : Buffer.alloc(mib));
  });
  const session = clientSession(near);
  const backlog = new Backlog();
  const unread: Duplex[] = [];
  onTestFinished(() => session.destroy());
  for (let opened = 0; opened < connections; opened++) {
    const stream = openStream(session, { host: 'b', port: 80 });
    const socket = new Duplex({ read() {}, write() {} });
    join(socket, stream);
    backlog.add(socket, stream);
    unread.push(stream, socket);
    await once(stream, 'response');
    expect(backlog.look()).toBe(0);
    setWindow(session, backlog.windowBytes);
  }
  expect(backlog.windowBytes).toBeLessThan(largestWindowBytes / 16);
  expect(unread.filter(({ destroyed }) => destroyed)).toEqual([]);
  answers.push('small');
  expect(await text(openStream(session, { host: 'b', port: 80 }))).toBe('small');
});
