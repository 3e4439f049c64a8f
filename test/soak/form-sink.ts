// A child process that takes lines on one port and checks the form of each: three fields, single spaces between them, no
// other white space. Any message is answered with the counts.
import { createServer } from 'node:net';
import type { SinkReply } from './recording-sink.ts';

/** What it got. */
export interface FormReply {
  readonly kind: 'counts';
  readonly lines: number;
  readonly bytes: number;
  readonly malformed: number;
  /** The first of them. */
  readonly samples: readonly string[];
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const SAMPLES_MAX = 5;

const counts = { lines: 0, bytes: 0, malformed: 0, samples: [] as string[] };

const server = createServer((socket) => {
  let spaces = 0;
  let bad = false;
  let before = SPACE;
  socket.on('data', (chunk: Buffer) => {
    counts.bytes += chunk.length;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === NEWLINE) {
        counts.lines++;
        if (bad || spaces !== 2 || before === SPACE) noteMalformed(chunk, at);
        spaces = 0;
        bad = false;
        before = SPACE;
        continue;
      }
      if (byte === SPACE) {
        spaces++;
        if (before === SPACE) bad = true;
      } else if (byte >= TAB && byte <= CARRIAGE_RETURN) bad = true;
      before = byte;
    }
  });
  socket.on('error', () => socket.destroy());
});

function noteMalformed(chunk: Buffer, end: number): void {
  counts.malformed++;
  if (counts.samples.length >= SAMPLES_MAX) return;
  counts.samples.push(chunk.toString('latin1', chunk.lastIndexOf(NEWLINE, end - 1) + 1, end));
}

server.listen({ port: 0, host: '127.0.0.1' }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    process.send?.({ kind: 'listening', port: address.port } satisfies SinkReply);
  }
});
process.on('message', () => process.send?.({ kind: 'counts', ...counts } satisfies FormReply));
process.on('disconnect', () => process.exit(0));
