/**
 * Who is at the other end of a new connection, in two lines before HTTP/2:
 *
 *     relay:    coloring-relay/1 NONCE
 *     computer: ROLE SIGNATURE
 *
 * The signature is the session key's, over `coloring-relay/1 ROLE NONCE`. A nonce is used once, so what somebody has
 * overheard is of no use. The other way round nothing is proven here: the computer got to the pod through the
 * Kubernetes API, which vouches for the pod.
 */
import { type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type LineLimits, readLine } from './line.ts';

/** `in`: connections of the mesh go to the computer; `out`: those of the computer go into the mesh. */
export type Role = 'in' | 'out';

/** Where the relay listens for its computer: on its pod's loopback. */
export const streamPort = 15_100;

const protocol = 'coloring-relay/1';
const greetingLine = new RegExp(`^${protocol} ([\\w-]{43})$`);
const limits: LineLimits = { mostBytes: 512, withinMs: 2_000 };
/** The way leads through the Kubernetes API, which may be far and have to find the pod first. */
const greetingWithinMs = 10_000;

const signed = (role: Role, nonce: string) => Buffer.from(`${protocol} ${role} ${nonce}`);

/**
 * The relay's part.
 * @returns the role that the computer has proven to be allowed
 * @throws Error that says what is wrong with the answer; the connection is the caller's to close
 */
export async function challenge(connection: Duplex, publicKey: KeyObject): Promise<Role> {
  const nonce = randomBytes(32).toString('base64url');
  connection.write(`${protocol} ${nonce}\n`);
  const answer = /^(in|out) ([\w-]{86})$/.exec(await readLine(connection, limits));
  if (!answer) throw new Error('the answer is not ROLE SIGNATURE');
  const role = answer[1] as Role;
  if (!verify(null, signed(role, nonce), publicKey, Buffer.from(answer[2] as string, 'base64url')))
    throw new Error('the signature is not of the key of this session');
  return role;
}

/**
 * The computer's part. That the relay has accepted it shows in the HTTP/2 that follows.
 * @throws Error where the other end is no relay
 */
export async function prove(connection: Duplex, role: Role, privateKey: KeyObject): Promise<void> {
  const greeting = await readLine(connection, { ...limits, withinMs: greetingWithinMs });
  const nonce = greetingLine.exec(greeting)?.[1];
  if (!nonce) throw new Error('what answers there is no relay of this version');
  connection.write(`${role} ${sign(null, signed(role, nonce), privateKey).toString('base64url')}\n`);
}
