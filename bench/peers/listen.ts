/** Ends a peer's start as the services do: by saying where it listens. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on PORT (default: any free one) and resolves to the port. */
export function listen(listener: RequestListener, port = Number(process.env.PORT ?? 0)): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer({ keepAliveTimeout: 65_000 }, listener);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function sayListening(where: Record<string, unknown>): void {
  console.log(JSON.stringify({ msg: 'listening', ...where }));
}
