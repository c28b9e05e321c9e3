/** One input on a connection of its own, and what came of it. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Input, ownPort } from './input.ts';

/** With nothing from the other side for so long; a busy computer needs less. */
const hangsMs = 30_000;

/** Between two writes, so that they arrive apart. */
const betweenWritesMs = 2;

/** @returns what is wrong with what came back, in words; undefined: nothing */
export async function send(input: Input, port: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  // How a connection ends is told by what came before.
  socket.on('error', () => {});
  let text = '';
  const { expect } = input;
  const closed = new Promise<'closed'>((resolve) => socket.on('close', () => resolve('closed')));
  const enough = new Promise<'enough'>((resolve) =>
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (!('leave' in expect) && statuses(text).length >= expect.length) resolve('enough');
    }),
  );
  socket.on('end', () => socket.end());
  const hung = new Promise<'hung'>((resolve) => socket.setTimeout(hangsMs, () => resolve('hung')));
  try {
    for (const [i, bytes] of input.writes.entries()) {
      if (i > 0) await wait(betweenWritesMs);
      if (socket.writable) socket.write(bytes.replaceAll(ownPort, String(port)), 'latin1');
    }
    if ('leave' in expect) {
      // Whoever has nothing to say to the end of a connection has let it leak.
      if (expect.leave === 'half') {
        socket.end();
        if ((await Promise.race([closed, hung])) === 'hung') return 'does not close';
      } else await wait(betweenWritesMs);
      return statuses(text).includes(500) ? 'answers 500' : undefined;
    }
    const how = await Promise.race([enough, closed, hung]);
    const came = statuses(text);
    const isRight =
      came.length >= expect.length && expect.every((some, i) => some.includes(came[i] as number));
    if (isRight) return undefined;
    return complaint(expect, came, how === 'enough' ? '' : how, text);
  } finally {
    socket.destroy();
  }
}

/** Of all answers but the interim ones. */
function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 ([2-5]\d\d|101) /g)].map(([, status]) => Number(status));
}

/** From the first answer that is wrong. */
function complaint(
  expect: readonly (readonly number[])[],
  came: readonly number[],
  how: string,
  text: string,
): string {
  const wrong = expect.findIndex((some, i) => !some.includes(came[i] as number));
  const wanted = expect[wrong] ?? [];
  const answer = text.split(/(?=HTTP\/1\.1 [2-5]\d\d )/)[wrong] ?? '';
  return [
    `answer ${wrong + 1} of ${expect.length} is ${came[wrong] ?? 'missing'}`,
    `not ${wanted.length > 3 ? 'one of a server that holds' : wanted.join(' or ')}`,
    ...(how && [how]),
    ...(answer && [JSON.stringify(answer.slice(0, 500))]),
  ].join(', ');
}
