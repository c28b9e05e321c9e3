/** A certificate made on the spot by openssl, as lesson 22 has people make it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RuleObject } from './world.ts';

/** Signed by itself, for two days: PEM for those who are to trust it, and the Secret in which a gateway finds it with its key. */
export async function makeCertificate(wanted: {
  secret: string;
  host: string;
}): Promise<{ certificate: string; secret: RuleObject }> {
  const { host, secret: name } = wanted;
  const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${host}`],
      ...['-addext', `subjectAltName=DNS:${host}`, '-keyout', keyFile, '-out', file],
    ]).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error('a certificate needs openssl on this computer') : error;
    });
    const [key, certificate] = await Promise.all([keyFile, file].map((one) => readFile(one, 'utf8')));
    const data = { 'tls.key': base64(key), 'tls.crt': base64(certificate) };
    return {
      certificate: certificate ?? '',
      secret: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'istio-system' },
        type: 'kubernetes.io/tls',
        data,
      },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function base64(text = ''): string {
  return Buffer.from(text).toString('base64');
}
