/** What the Gateway API project's own conformance tests ask and expect: facts.yaml, checked. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const headers = z.record(z.string(), z.string());

const request = z.strictObject({
  send: z.strictObject({
    /** `h2c`: HTTP/2 without TLS; `grpc`: a call, by POST. */
    protocol: z.enum(['http', 'h2c', 'grpc']).default('http'),
    path: z.string(),
    host: z.string().optional(),
    method: z.string().default('GET'),
    headers: headers.default({}),
    body: z.string().optional(),
  }),
  /** Another Gateway than the test's. */
  gateway: z.string().optional(),
  /** Objects of this kind are taken away before. */
  without: z.literal('ReferenceGrant').optional(),
  /** The namespace of the client in the mesh. */
  from: z.string().optional(),
  /** Headers that the backend is asked to answer with. */
  echoed: headers.optional(),
  status: z.array(z.int()).default([200]),
  /** Of a call. */
  grpcStatus: z.int().default(0),
  backend: z.string().optional(),
  /** Where it says nothing, what was sent. */
  arrived: z
    .strictObject({
      path: z.string().optional(),
      host: z.string().optional(),
      method: z.string().optional(),
      headers: headers.default({}),
      absent: z.array(z.string()).default([]),
    })
    .optional(),
  answer: z
    .strictObject({
      headers: headers.default({}),
      absent: z.array(z.string()).default([]),
      oneOf: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
  redirect: z
    .strictObject({
      scheme: z.string().optional(),
      host: z.string().optional(),
      port: z.string().optional(),
      path: z.string().optional(),
    })
    .optional(),
  mirroredTo: z.array(z.string()).default([]),
  /** Percent of such requests that each backend gets a copy of. */
  mirroredShares: z.record(z.string(), z.number()).default({}),
});

const test = z.strictObject({
  test: z.string(),
  profile: z.enum(['gateway', 'grpc', 'mesh']),
  manifests: z.array(z.string()).default([]),
  /** The Deployment that the test puts behind Services without a selector. */
  endpointsOf: z.string().optional(),
  /** Features beyond the core. */
  extended: z.array(z.string()).default([]),
  gateway: z.string().default(''),
  notRun: z.string().optional(),
  /** Why the local mesh does not pass it. */
  missed: z.string().optional(),
  condition: z.strictObject({ type: z.string(), reason: z.string() }).optional(),
  /** Percent of the answers to `of` that each backend gives. */
  shares: z.record(z.string(), z.number()).optional(),
  of: request.shape.send.optional(),
  /** A path at which WebSockets are echoed. */
  webSocket: z.string().optional(),
  requests: z.array(request).default([]),
});

export type Fact = z.output<typeof test>;
export type RequestFact = z.output<typeof request>;

export const facts: readonly Fact[] = z
  .array(test)
  .parse(parse(readFileSync(new URL('./facts.yaml', import.meta.url), 'utf8')));
