/** Two byte streams made into one connection: TCP's half-close and reset on one are END_STREAM and RST_STREAM on the other. */
import { constants, type Http2Stream } from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What is carried at a time: of the streams of a session each gets its turn after so much. */
const pieceBytes = 8 * 1024;

export interface Joint {
  /** Sees the bytes that pass. Whoever listens for them on the streams themselves sets them flowing too early. */
  fromOne?: (bytes: Buffer) => void;
  fromOther?: (bytes: Buffer) => void;
  /** What is done to an end whose other one has broken off. Unset: it is broken off, too. */
  breakOff?: (end: Duplex) => void;
}

/** Carries bytes both ways until both ends have ended; an end that breaks off breaks off the other. */
export function join(one: Duplex, other: Duplex, joint: Joint = {}): void {
  const { fromOne, fromOther, breakOff = abort } = joint;
  carry(one, other, breakOff, fromOne);
  carry(other, one, breakOff, fromOther);
}

function carry(from: Duplex, to: Duplex, breakOff: (end: Duplex) => void, tap?: (bytes: Buffer) => void) {
  const brokenOff = () => {
    if (!to.destroyed) breakOff(to);
  };
  from.on('error', () => {}); // `close` follows
  from.on('close', () => {
    if (isReset(from) || !from.readableEnded || !from.writableFinished) brokenOff();
  });
  if (from.destroyed) {
    brokenOff();
    return;
  }
  from.on('end', () => {
    if (isReset(from)) brokenOff();
    else to.end();
  });
  let isWriting = false;
  const move = () => {
    if (isWriting) return;
    const bytes: Buffer | null = from.read(Math.min(pieceBytes, from.readableLength || 1));
    if (bytes === null) return;
    tap?.(bytes);
    isWriting = true;
    to.write(bytes, written);
  };
  const written = () => {
    isWriting = false;
    move();
  };
  from.on('readable', move);
  // What comes then is passed over: whoever keeps this end open waits for it.
  to.on('close', written);
}

/** Node may say `end` of a stream that was reset, and of all streams of a session whose connection is gone. */
function isReset(connection: Duplex): boolean {
  return isHttp2Stream(connection) && (connection.rstCode ?? 0) !== constants.NGHTTP2_NO_ERROR;
}

/** Breaks a connection off: the other end sees a reset, never an end that looks like a good one. */
export function abort(connection: Duplex): void {
  if (connection.destroyed) return;
  if (connection instanceof Socket) connection.resetAndDestroy();
  // by `close` Node would send an end before the reset
  else connection.destroy(new Error('broken off'));
}

function isHttp2Stream(connection: Duplex): connection is Http2Stream {
  return 'rstCode' in connection;
}
