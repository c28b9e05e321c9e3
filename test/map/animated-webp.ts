/**
 * Pictures that follow each other as one animated WebP, without another encoder: each frame's data is taken as it is
 * (https://developers.google.com/speed/webp/docs/riff_container).
 */

export interface Frame {
  /** A still WebP, lossy and without transparency, as Chromium makes it. */
  webp: Buffer;
  durationMs: number;
}

/** @param size of all frames, in pixels */
export function animatedWebp(frames: readonly Frame[], size: { width: number; height: number }): Buffer {
  const animation = 1 << 1;
  const header = Buffer.alloc(10);
  header.writeUInt8(animation, 0);
  header.writeUIntLE(size.width - 1, 4, 3);
  header.writeUIntLE(size.height - 1, 7, 3);
  // Background colour, then how often it is shown: 0 is for ever.
  const loop = Buffer.from([255, 255, 255, 255, 0, 0]);
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    chunk('VP8X', header),
    chunk('ANIM', loop),
    ...frames.map((frame) => chunk('ANMF', Buffer.concat([frameHeader(frame, size), pictureOf(frame.webp)]))),
  ]);
  return chunk('RIFF', body);
}

function frameHeader({ durationMs }: Frame, { width, height }: { width: number; height: number }): Buffer {
  const header = Buffer.alloc(16);
  header.writeUIntLE(width - 1, 6, 3);
  header.writeUIntLE(height - 1, 9, 3);
  header.writeUIntLE(Math.round(durationMs), 12, 3);
  // Not blended with the frame before.
  header.writeUInt8(0b10, 15);
  return header;
}

/** The chunk with the pixels. */
function pictureOf(webp: Buffer): Buffer {
  for (let at = 12; at + 8 <= webp.length; ) {
    const name = webp.toString('latin1', at, at + 4);
    const end = at + 8 + webp.readUInt32LE(at + 4);
    if (name === 'VP8 ' || name === 'VP8L') return webp.subarray(at, end + (end & 1));
    at = end + (end & 1);
  }
  throw new Error('no picture in this WebP');
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(name, 'latin1'), length, data, Buffer.alloc(data.length & 1)]);
}
