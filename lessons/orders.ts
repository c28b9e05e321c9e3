/** What the lesson that is up can be told from another terminal, and how: by HTTP, on this computer only. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { logForms } from '../local/access-logs.ts';
import { Failure } from '../runtime/failure.ts';
import { typed } from '../runtime/project.ts';
import { type LessonThatIsUp, whoIsUp } from './playground.ts';

const order = z.discriminatedUnion('what', [
  z.object({ what: z.literal('are you there') }),
  /** As kubectl apply. */
  z.object({ what: z.literal('apply'), file: z.string(), text: z.string() }),
  /** As kubectl delete. */
  z.object({ what: z.literal('delete'), file: z.string(), text: z.string() }),
  z.object({ what: z.literal('log'), form: z.enum(logForms) }),
]);
export type Order = z.infer<typeof order>;

const answer = z.object({ ok: z.boolean(), lines: z.array(z.string()) });
/** What there is to say, line by line, when it is done, or why it is not. */
export type OrderResult = z.infer<typeof answer>;

const loopback = '127.0.0.1';
const answerMs = 10_000;

export interface OrderDesk {
  port: number;
  token: string;
  close(): Promise<void>;
}

/** Takes orders; each is carried out before the next. */
export async function takeOrders(carryOut: (order: Order) => Promise<OrderResult>): Promise<OrderDesk> {
  const token = randomBytes(16).toString('hex');
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer(async (req, res) => {
    const reply = (status: number, body: OrderResult) => res.writeHead(status).end(JSON.stringify(body));
    if (req.headers.authorization !== `Bearer ${token}`) return reply(401, { ok: false, lines: [] });
    const asked = order.safeParse(
      await text(req)
        .then(JSON.parse)
        .catch(() => undefined),
    );
    if (!asked.success)
      return reply(400, { ok: false, lines: ['The lesson that is up is of another release.'] });
    const done = last.then(() => carryOut(asked.data));
    last = done.catch(() => {});
    return done.then(
      (said) => reply(200, said),
      (error) => reply(200, { ok: false, lines: [(error as Error).message] }),
    );
  });
  server.listen(0, loopback);
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, token, close };
}

/** Whether this lesson still runs. */
export async function isThere(lesson: LessonThatIsUp): Promise<boolean> {
  return (await ask(lesson, { what: 'are you there' })) !== undefined;
}

/**
 * Gives an order to the lesson that is up.
 * @returns what it says when it is done
 * @throws Failure where no lesson is up, or with what it says against it
 */
export async function giveOrder(folder: string, order: Order): Promise<readonly string[]> {
  const lesson = await whoIsUp(folder);
  const said = lesson && (await ask(lesson, order));
  if (!said) throw new Failure(`No lesson is up: ${typed('lesson', '01')} brings the first one up`, 2);
  if (!said.ok) throw new Failure(said.lines.join('\n'), 2);
  return said.lines;
}

/** @returns undefined where nobody is there, or somebody else */
async function ask({ port, token }: LessonThatIsUp, order: Order): Promise<OrderResult | undefined> {
  try {
    const response = await fetch(`http://${loopback}:${port}/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(answerMs),
    });
    return answer.parse(await response.json());
  } catch {
    return undefined;
  }
}
