/** Node's HTTP client over connections that the relay makes in the cluster. */
import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';

export type OpenConnection = (host: string, port: number) => Promise<Duplex>;

/** What Node's agent calls on a socket, and a stream of HTTP/2 does not have. */
const ofSockets = ['setKeepAlive', 'setNoDelay', 'ref', 'unref'] as const;

export class MeshAgent extends Agent {
  readonly #openConnection: OpenConnection;

  constructor(openConnection: OpenConnection, options: AgentOptions = {}) {
    super({ keepAlive: true, ...options });
    this.#openConnection = openConnection;
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#openConnection(host ?? '', Number(port)).then(
      (stream) => {
        for (const name of ofSockets) if (!(name in stream)) Object.assign(stream, { [name]: () => stream });
        callback?.(null, stream);
      },
      (error) => callback?.(error, undefined as never),
    );
    return undefined;
  }
}
