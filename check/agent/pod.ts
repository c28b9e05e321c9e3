/**
 * What a check runs in a pod: the client (agent.ts) and the upstream (echo.ts) behind one line protocol.
 * Each line on stdin is a {@link PodCommand}, each on stdout the {@link PodAnswer} with its id, so that one
 * `kubectl exec -i` carries thousands of requests. Ends when stdin does.
 */
import { createInterface } from 'node:readline';
import { grpcProgram, type Reply, type RequestBatch, send } from './agent.ts';
import { type Arrival, Echo, type Part } from './echo.ts';

export type PodCommand = { id: number } & (
  | { do: 'send'; batches: RequestBatch[] }
  | { do: 'play'; parts: { part: Part; port: number }[] }
  | { do: 'takeCalls'; ids: string[] }
);
export type PodAnswer = { id: number } & ({ result: PodResult } | { error: string });
export type PodResult = Reply[][] | number[] | Record<string, Arrival[]>;

async function run(command: PodCommand, echo: Echo): Promise<PodResult> {
  switch (command.do) {
    case 'send':
      return send(command.batches);
    case 'play':
      return Promise.all(command.parts.map(({ part, port }) => echo.play(part, port)));
    case 'takeCalls':
      return echo.takeCalls(command.ids);
  }
}

if (import.meta.main) {
  // Here it is one file together with its library.
  grpcProgram.load = () => import(new URL('./grpc.mjs', import.meta.url).href);
  const echo = new Echo('0.0.0.0');
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as PodCommand;
    run(command, echo)
      .then(
        (result): PodAnswer => ({ id: command.id, result }),
        (error: Error): PodAnswer => ({ id: command.id, error: error.message }),
      )
      .then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
  }
  await echo.close();
}
