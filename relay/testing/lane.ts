/** A relay's process with a computer connected to it, for tests. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import {
  type Computer,
  type ComputerOptions,
  type ComputerState,
  connectComputer,
} from '../computer/connect.ts';
import { type RelayProcess, startRelayProcess } from './relay-process.ts';

export interface TestLane extends AsyncDisposable {
  relay: RelayProcess;
  computer: Computer;
  /** What `onState` was told. */
  states: ComputerState[];
  /** Where the mesh connects. */
  url: string;
  /** Resolves when the lane takes requests. */
  ready: () => Promise<void>;
}

/** @param port where the program listens */
export async function startTestLane(
  port: number,
  options: Partial<ComputerOptions> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<TestLane> {
  const relay = await startRelayProcess(env);
  const states: ComputerState[] = [];
  const waiting: (() => void)[] = [];
  const computer = connectComputer({
    dial: relay.dial,
    privateKey: relay.key.privateKey,
    local: { host: '127.0.0.1', port },
    onState: (state) => {
      states.push(state);
      if (state.ready) for (const one of waiting.splice(0)) one();
    },
    ...options,
  });
  const ready = async () => {
    if (!computer.state.ready) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    ...{ relay, computer, states, ready },
    url: `http://127.0.0.1:${relay.port}`,
    [Symbol.asyncDispose]: async () => {
      await computer.close();
      await relay[Symbol.asyncDispose]();
    },
  };
}

/** Listens on a free port of 127.0.0.1; returns it. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
