/** One request in a colour, and who answered it. */
import { request } from 'undici';
import { z } from 'zod';

const hopSchema = z.object({ service: z.string(), version: z.string(), color: z.string() });
const trailSchema = z.object({ trail: z.array(hopSchema) });

/** One hop of the trail: who served it, and the colour that arrived there (`-`: none). */
export type Hop = z.infer<typeof hopSchema>;

export interface Answer {
  /** 0 where no answer came. */
  status: number;
  /** Absent where it was not one of the kit's services that answered. */
  trail?: readonly Hop[];
  /** The text of an answer without a trail, or why none came; in one line. */
  body: string;
}

export interface ProbeTarget {
  /** Where the gateway is. */
  url: string;
  /** Path of the request; default `/`. */
  path?: string;
  /** Host of the request; default the URL's. */
  host?: string;
}

/** Sends one request in this colour (undefined: without the header). Never rejects. */
export async function probe(target: ProbeTarget, color: string | undefined): Promise<Answer> {
  try {
    const { statusCode, body } = await request(new URL(target.path ?? '/', target.url), {
      headers: {
        accept: 'application/json',
        ...(target.host && { host: target.host }),
        ...(color !== undefined && { 'project-version': color }),
      },
      bodyTimeout: 15_000,
      headersTimeout: 15_000,
    });
    const text = await body.text();
    return { status: statusCode, ...readTrail(text), body: oneLine(text) };
  } catch (error) {
    return { status: 0, body: (error as Error).message };
  }
}

function readTrail(text: string): { trail?: Hop[] } {
  try {
    return { trail: trailSchema.parse(JSON.parse(text)).trail };
  } catch {
    return {}; // Envoy's own answers are plain text
  }
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
