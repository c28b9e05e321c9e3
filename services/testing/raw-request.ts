/** A request whose target goes out exactly as given: fetch and supertest would tidy it up. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export async function rawRequest(
  origin: string,
  method: string,
  target: string,
  headers: Record<string, string | string[]> = {},
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
  const sent = request(origin, { method, path: target, headers, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
