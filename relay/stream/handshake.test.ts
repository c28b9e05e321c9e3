import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listening } from '../testing/lane.ts';
import { challenge, prove } from './handshake.ts';
import { newSessionKey, readPublicKey } from './session-key.ts';

const key = newSessionKey();
const publicKey = readPublicKey(key.publicKey);
let server: Server;
let relay: Socket;
let computer: Socket;

beforeEach(async () => {
  server = createServer();
  const port = await listening(server);
  computer = connect({ port, host: '127.0.0.1' });
  [relay] = await once(server, 'connection');
});
afterEach(() => {
  relay.destroy();
  computer.destroy();
  server.close();
});

const nonceOf = async () =>
  /^coloring-relay\/1 (\S+)\n$/.exec(String((await once(computer, 'data'))[0]))?.[1];
const signed = (text: string, by = key.privateKey) => sign(null, Buffer.from(text), by).toString('base64url');

it.each(['in', 'out'] as const)('proves the role %s, and leaves what follows to be read', async (role) => {
  const proven = challenge(relay, publicKey);
  await prove(computer, role, key.privateKey);
  computer.write('PRI *');
  expect(await proven).toBe(role);
  if (relay.readableLength === 0) await once(relay, 'readable');
  expect(String(relay.read())).toBe('PRI *');
});

describe('refuses', () => {
  const answers: Record<string, (nonce: string) => string> = {
    'another key': (nonce) => `in ${signed(`coloring-relay/1 in ${nonce}`, newSessionKey().privateKey)}`,
    'a signature for the other role': (nonce) => `in ${signed(`coloring-relay/1 out ${nonce}`)}`,
    'a role that there is not': (nonce) => `both ${signed(`coloring-relay/1 both ${nonce}`)}`,
    'the signature of another nonce': () => `in ${signed(`coloring-relay/1 in ${'A'.repeat(43)}`)}`,
    'a signature that is cut off': (nonce) => `in ${signed(`coloring-relay/1 in ${nonce}`).slice(0, -1)}`,
    'a signature and more': (nonce) => `in ${signed(`coloring-relay/1 in ${nonce}`)} more`,
    HTTP: () => 'GET / HTTP/1.1',
    nothing: () => '',
    'bytes that are no text': () => '\x00\xff\x00\xff',
  };
  it.each(Object.entries(answers))('%s', async (_, answer) => {
    const proven = challenge(relay, publicKey);
    const refused = expect(proven).rejects.toThrow(/signature|ROLE SIGNATURE/);
    computer.write(`${answer((await nonceOf()) ?? '')}\n`, 'latin1');
    await refused;
  });

  it('a line without end', async () => {
    const refused = expect(challenge(relay, publicKey)).rejects.toThrow('longer than 512 bytes');
    computer.write('a'.repeat(513));
    await refused;
  });

  it('an answer that does not come', async () => {
    await expect(challenge(relay, publicKey)).rejects.toThrow('no line within 2000 ms');
  });

  it('an answer that is cut off', async () => {
    const refused = expect(challenge(relay, publicKey)).rejects.toThrow('ended before');
    computer.end('in abc');
    await refused;
  });
});

it('is answered byte by byte as well', async () => {
  const proven = challenge(relay, publicKey);
  computer.setNoDelay(true);
  for (const one of `out ${signed(`coloring-relay/1 out ${await nonceOf()}`)}\n`) {
    computer.write(one);
    await new Promise(setImmediate);
  }
  expect(await proven).toBe('out');
});

it('asks something new each time', async () => {
  const nonces = new Set<unknown>();
  for (let turn = 0; turn < 3; turn++) {
    const asked = challenge(relay, publicKey).catch(() => {});
    nonces.add(await nonceOf());
    computer.write('\n');
    await asked;
  }
  expect(nonces.size).toBe(3);
});

it('does not answer what is no relay', async () => {
  relay.write('SSH-2.0-OpenSSH\r\n');
  await expect(prove(computer, 'in', key.privateKey)).rejects.toThrow('is no relay');
});

describe('RELAY_PUBLIC_KEY', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  it.each([
    ['', 'nothing'],
    ['abc', 'no key'],
    [rsa.export({ type: 'spki', format: 'der' }).toString('base64url'), 'another kind of key'],
    [key.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url'), 'a private key'],
  ])('is refused: %#', (text) => {
    expect(() => readPublicKey(text)).toThrow('is no public Ed25519 key');
  });
});
