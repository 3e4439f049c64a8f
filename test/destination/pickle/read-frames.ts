// Reads the frames of a pickle destination back to lines, as carbon would: whole messages only.
import { PickleDecoder } from '../../../src/input/pickle/decoder.ts';

/** What a connection brought: the lines of its whole messages, how many of them there are, and the bytes after the last. */
export interface ReadFrames {
  readonly text: string;
  readonly frames: number;
  readonly itemsMax: number;
  readonly frameBytesMax: number;
  readonly rest: number;
}

/** Reads the bytes of one connection. */
export function readFrames(chunks: readonly Uint8Array[]): ReadFrames {
  const decoder = new PickleDecoder({ lineBytesMax: 65_535, sharedBytes: 262_144 });
  const all = Buffer.concat(chunks);
  let text = '';
  let frames = 0;
  let itemsMax = 0;
  let frameBytesMax = 0;
  let at = 0;
  while (at + 4 <= all.length && at + 4 + all.readUInt32BE(at) <= all.length) {
    const length = all.readUInt32BE(at);
    const decoded = decoder.decode(all.subarray(at + 4, at + 4 + length));
    if (!decoded.ok || decoded.badCount > 0) throw new Error(`frame ${frames}: ${JSON.stringify(decoded)}`);
    const lines = decoded.lines.toString();
    text += lines;
    itemsMax = Math.max(itemsMax, lines.split('\n').length - 1);
    frameBytesMax = Math.max(frameBytesMax, length);
    frames += 1;
    at += 4 + length;
  }
  return { text, frames, itemsMax, frameBytesMax, rest: all.length - at };
}
