/** One request in a colour, and who answered it. */
import { request } from 'undici';
import { type Answer, readTrail } from './trail.ts';

/** A request of the table. */
export interface Question {
  /** Undefined: without the header. */
  color: string | undefined;
  /** Host of the request; undefined: the URL's. */
  host?: string | undefined;
}

export interface ProbeTarget {
  /** Where the gateway is. */
  url: string;
  /** Path of the request; default `/`. */
  path?: string;
  /** The header that carries the colour. */
  header: string;
  userAgent?: string;
}

/** Sends one request; the trail is what the services of the kit say it was. Never rejects. */
export async function probe(target: ProbeTarget, { color, host }: Question): Promise<Answer> {
  try {
    const { statusCode, body } = await request(new URL(target.path ?? '/', target.url), {
      headers: {
        accept: 'application/json',
        ...(host && { host }),
        ...(target.userAgent && { 'user-agent': target.userAgent }),
        ...(color !== undefined && { [target.header]: color }),
      },
      bodyTimeout: 15_000,
      headersTimeout: 15_000,
    });
    const text = await body.text();
    const trail = readTrail(text);
    return { status: statusCode, ...(trail && { trail }), body: oneLine(text) };
  } catch (error) {
    return { status: 0, body: (error as Error).message };
  }
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
