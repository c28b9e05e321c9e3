/** What a page can ask the server for, by method and path. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { readJson } from './answers.ts';
import type { Audience } from './audience.ts';
import { applySchema, controlSchema, planSchema, sendingSchema, sendSchema, undoSchema } from './inputs.ts';
import type { Sender } from './sender.ts';
import { type MeshSource, Refusal } from './source.ts';

/** @returns what is sent as JSON. @throws Refusal, BadBody */
export type CommandHandler = (req: IncomingMessage, query: URLSearchParams) => Promise<unknown>;

export function commandsOf(
  source: MeshSource,
  sender: Sender,
  audience: Audience,
): ReadonlyMap<string, CommandHandler> {
  return new Map<string, CommandHandler>([
    ['GET /reasons', async (_, query) => source.reasons(query.get('id') ?? '') ?? gone()],
    [
      'POST /send',
      async (req) => {
        const { colors, method, path } = await read(req, sendSchema);
        const statuses: number[] = [];
        for (const color of colors) statuses.push(await sender.once(color, method, path));
        return { statuses };
      },
    ],
    [
      'POST /sending',
      async (req) => {
        sender.use(await read(req, sendingSchema));
        audience.sendingChanged();
        return {};
      },
    ],
    ['POST /plan', async (req) => source.plan((await read(req, planSchema)).edits)],
    [
      'POST /apply',
      async (req) => {
        await source.apply((await read(req, applySchema)).plan);
        return {};
      },
    ],
    [
      'POST /undo',
      async (req) => {
        await source.undo((await read(req, undoSchema)).change);
        return {};
      },
    ],
    [
      'POST /control',
      async (req) => {
        const { service, version, control } = await read(req, controlSchema);
        await source.control(service, version, control);
        return {};
      },
    ],
  ]);
}

function gone(): never {
  throw new Refusal(404, 'This request is too long ago to be remembered.');
}

async function read<Schema extends z.ZodType>(
  req: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await readJson(req));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(400, `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}
