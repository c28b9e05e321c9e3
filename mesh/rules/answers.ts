/** What a proxy answers by itself: HTTPRedirect and HTTPDirectResponse. */
import { z } from 'zod';
import { noted, notRun, say, uint32 } from './fields.ts';
import type { DirectResponse, Redirect } from './model.ts';
import { shape } from './shape.ts';
import { httpStatus } from './status.ts';
import { headerText } from './wire-text.ts';

const codes = [301, 302, 303, 307, 308] as const;
const largestBody = 1024 * 1024;

const redirectFields = {
  uri: headerText.optional(),
  prefixRewrite: headerText.optional(),
  authority: headerText.optional(),
  scheme: z.string().optional(),
  port: uint32.optional(),
  derivePort: z.enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']).optional(),
  redirectCode: noted(codes.join(', '), uint32.optional()),
};

export const redirect = shape('HTTPRedirect', redirectFields).superRefine((written, ctx) => {
  const { uri, prefixRewrite, authority, scheme, port, derivePort, redirectCode = 0 } = written;
  if (uri && prefixRewrite) say(ctx, ['prefixRewrite'], 'not together with uri');
  if (port !== undefined && derivePort) say(ctx, ['derivePort'], 'not together with port');
  if (!uri && !prefixRewrite && !authority && !scheme && port === undefined && !derivePort) {
    say(ctx, [], 'needs one of uri, prefixRewrite, authority, scheme, port and derivePort');
  }
  if (scheme && scheme !== 'http' && scheme !== 'https') {
    say(ctx, ['scheme'], `${JSON.stringify(scheme)}: not http or https`);
  }
  if (port !== undefined && port > 65535) say(ctx, ['port'], `${port}: not in 1 to 65535`);
  if (redirectCode !== 0 && !codes.some((code) => code === redirectCode)) {
    // Istio lets every 3xx through and then drops the redirect, so that the route answers nothing.
    say(ctx, ['redirectCode'], `${redirectCode}: not one of ${codes.join(', ')}`);
  }
});

export function toRedirect(written: z.infer<z.ZodObject<typeof redirectFields>>): Redirect {
  return {
    status: codes.find((code) => code === written.redirectCode) ?? 301,
    uri: written.uri || undefined,
    prefixRewrite: written.prefixRewrite || undefined,
    authority: written.authority || undefined,
    scheme: written.scheme === 'https' ? 'https' : written.scheme === 'http' ? 'http' : undefined,
    // Port 0 is proto's way to say that the protocol's own is meant.
    port: written.derivePort ?? (written.port === 0 ? 'FROM_PROTOCOL_DEFAULT' : written.port),
  };
}

const responseFields = {
  status: httpStatus,
  body: shape('HTTPBody', {
    string: z.string().optional(),
    bytes: noted('base64 of UTF-8 text', z.string().optional()),
  })
    .superRefine((body, ctx) => {
      if (body.string !== undefined && body.bytes !== undefined)
        say(ctx, ['bytes'], 'not together with string');
      if (body.bytes !== undefined) {
        if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(body.bytes)) {
          say(ctx, ['bytes'], 'not base64');
        } else if (utf8(body.bytes) === undefined) say(ctx, ['bytes'], `bytes that are not text: ${notRun}`);
      }
      const size = Buffer.byteLength(body.string ?? Buffer.from(body.bytes ?? '', 'base64'));
      if (size > largestBody) say(ctx, [], 'a body larger than 1 MiB');
    })
    .optional(),
};

export const directResponse = shape('HTTPDirectResponse', responseFields);

export function toDirectResponse(written: z.infer<z.ZodObject<typeof responseFields>>): DirectResponse {
  const { string, bytes } = written.body ?? {};
  return { status: written.status, body: string ?? utf8(bytes ?? '') ?? '' };
}

function utf8(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
