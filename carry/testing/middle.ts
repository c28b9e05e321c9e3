/** The service in the middle as a process of its own, on any Node, with or without what carries the headers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Called } from './called.ts';

export interface Middle extends AsyncDisposable {
  origin: string;
  /** One request to it. */
  ask: (path: string, headers: Record<string, string>) => Promise<string>;
}

export interface MiddleOptions {
  framework: string;
  called: Called['origins'];
  /** What --import is given. */
  register: string;
  /** The program of Node. */
  node?: string;
  env?: Record<string, string>;
}

export async function startMiddle({
  framework,
  called,
  register,
  node = process.execPath,
  env,
}: MiddleOptions): Promise<Middle> {
  const program = fileURLToPath(new URL('middle.mjs', import.meta.url));
  const child = spawn(node, [`--import=${register}`, program, framework], {
    env: { PATH: process.env.PATH, CALLS: JSON.stringify(called), IN_MESH: '127.0.0.1', ...env },
    // the channel ends it with this process
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }), 'line'),
    exit.then(([code]) => Promise.reject(new Error(`${framework} ended with ${code}`))),
  ]);
  const origin = `http://127.0.0.1:${JSON.parse(line).port}`;
  const session = framework === 'http2' ? connect(origin) : undefined;
  return {
    origin,
    ask: async (path, headers) => {
      if (session) return text(session.request({ ':path': path, ...headers }));
      const response = await fetch(origin + path, {
        method: 'POST',
        headers,
        body: slowBody(),
        duplex: 'half',
      } as RequestInit);
      return response.text();
    },
    [Symbol.asyncDispose]: async () => {
      session?.destroy();
      child.kill();
      await exit;
    },
  };
}

/** Its end comes when the request is being served already, in another packet. */
function slowBody(): ReadableStream {
  return new ReadableStream({
    start: async (stream) => {
      stream.enqueue(new TextEncoder().encode('first'));
      await wait(5);
      stream.enqueue(new TextEncoder().encode('last'));
      stream.close();
    },
  });
}
