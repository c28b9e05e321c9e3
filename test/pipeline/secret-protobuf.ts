/**
 * A Secret as helm writes it: Kubernetes' envelope around protobuf.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 * https://github.com/kubernetes/api/blob/master/core/v1/generated.proto
 */
import type { KubernetesObject } from '../charts/tools.ts';

const magic = Buffer.from('k8s\0');

/** Undefined where it is something else. */
export function readSecret(body: Buffer): KubernetesObject | undefined {
  if (!body.subarray(0, magic.length).equals(magic)) return undefined;
  const envelope = new Message(body.subarray(magic.length));
  if (envelope.message(1).text(2) !== 'Secret') return undefined;
  const secret = envelope.message(2);
  const metadata = secret.message(1);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: metadata.text(1),
      namespace: metadata.text(3),
      labels: Object.fromEntries(metadata.messages(11).map((entry) => [entry.text(1), entry.text(2)])),
    },
    data: Object.fromEntries(
      secret.messages(2).map((entry) => [entry.text(1), entry.bytes(2).toString('base64')]),
    ),
    type: secret.text(3),
  };
}

/** https://protobuf.dev/programming-guides/encoding/, but for numbers. */
class Message {
  readonly #fields: [number: number, value: Buffer][] = [];
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
    while (this.#at < body.length) {
      const tag = this.#varint();
      const length = this.#varint();
      if ((tag & 7) !== 2) continue; // a number, which has been read
      this.#fields.push([tag >> 3, body.subarray(this.#at, this.#at + length)]);
      this.#at += length;
    }
  }

  bytes(number: number): Buffer {
    return this.#fields.find(([one]) => one === number)?.[1] ?? Buffer.alloc(0);
  }

  text(number: number): string {
    return this.bytes(number).toString();
  }

  message(number: number): Message {
    return new Message(this.bytes(number));
  }

  messages(number: number): Message[] {
    return this.#fields.filter(([one]) => one === number).map(([, value]) => new Message(value));
  }

  #varint(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.#body[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}
