/** What the fuzzer sends, and what may come back. */

/** Who gets the bytes; `plain` is the client without a sidecar. */
export const receivers = ['gateway', 'sidecar', 'plain', 'service-a', 'service-b'] as const;
export type Receiver = (typeof receivers)[number];

export interface Input {
  target: Receiver;
  /** What kind of bytes, for the report. */
  kind: string;
  /** Written one after the other; each character is one byte. */
  writes: readonly string[];
  /**
   * The statuses that may come, for each answer in turn; 1xx do not count. Or `leave`: nothing is waited for, the client
   * goes away, by the end of its side (`half`) or at once.
   */
  expect: readonly (readonly number[])[] | { leave: 'at once' | 'half' };
}

/** Where each of them listens, on 127.0.0.1. */
export type Ports = Readonly<Record<Receiver, number>>;

/** Stands for the port of the target itself in what is written. */
export const ownPort = '<own port>';
