/** The one-time key of a session: Ed25519 (RFC 8032). The pod has the public half only, which is no secret. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface SessionKey {
  /** Stays in the memory of the command that made it. */
  privateKey: KeyObject;
  /** For the relay's RELAY_PUBLIC_KEY: SPKI, base64url. */
  publicKey: string;
}

/** A new key, for one session. */
export function newSessionKey(): SessionKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url') };
}

/**
 * The key in RELAY_PUBLIC_KEY.
 * @throws Error where the text is no public Ed25519 key
 */
export function readPublicKey(text: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPublicKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'spki' });
  } catch {
    // said below, in words
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new Error('is no public Ed25519 key (SPKI in base64url), as `coloring lane local` makes it');
  return key;
}
