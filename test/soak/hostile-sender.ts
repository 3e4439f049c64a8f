// A child process that sends hostile bytes on one TCP connection, or as datagrams, and says how many lines they were.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderProcAddress } from '../../src/input/udp-drops.ts';
import { countNewlines, pieceMakers, Random } from './hostile-bytes.ts';

/** What to send, and where. */
export interface HostileRequest {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly connection: number;
  readonly bytes: number;
  readonly seed: number;
}

/** What it says: now and then, and at the end. A datagram without a last newline has one line more. */
export interface HostileReply {
  readonly kind: 'progress' | 'sent';
  readonly bytes: number;
  readonly lines: number;
  readonly datagrams: number;
}

const PIECE_BYTES_MAX = 128 << 10;
const DATAGRAM_BYTES_MAX = 8000;
const PROGRESS_BYTES = 4 << 20;
const NEWLINE = 0x0a;
/** Datagrams wait while the relay has more than this to read. */
const UNREAD_BYTES_MAX = 1 << 20;
const WAIT_MS = 2;

async function sendTcp(request: HostileRequest): Promise<void> {
  const random = new Random(request.seed);
  const makers = [...pieceMakers(random, request.connection).values()];
  const socket = connect({ port: request.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.resume();
  const buffer = Buffer.alloc(PIECE_BYTES_MAX);
  let bytes = 0;
  let lines = 0;
  let reported = 0;
  while (bytes < request.bytes) {
    const piece = buffer.subarray(0, 1 + random.below(PIECE_BYTES_MAX));
    random.pick(makers)(piece);
    bytes += piece.length;
    lines += countNewlines(piece);
    await new Promise((resolve) => void socket.write(piece, resolve));
    if (bytes - reported < PROGRESS_BYTES) continue;
    reported = bytes;
    reply({ kind: 'progress', bytes, lines, datagrams: 0 });
  }
  // What comes last ends in a newline, so that the count of lines does not hang on how the connection ends.
  socket.end('\n');
  if (!socket.closed) await once(socket, 'close');
  reply({ kind: 'sent', bytes: bytes + 1, lines: lines + 1, datagrams: 0 });
}

async function sendUdp(request: HostileRequest): Promise<void> {
  const random = new Random(request.seed);
  const makers = [...pieceMakers(random, request.connection).values()];
  const socket = createSocket('udp4');
  const buffer = Buffer.alloc(DATAGRAM_BYTES_MAX);
  let bytes = 0;
  let lines = 0;
  let datagrams = 0;
  while (bytes < request.bytes) {
    const piece = buffer.subarray(0, 1 + random.below(DATAGRAM_BYTES_MAX));
    random.pick(makers)(piece);
    bytes += piece.length;
    lines += countNewlines(piece) + (piece[piece.length - 1] === NEWLINE ? 0 : 1);
    datagrams++;
    await new Promise((resolve) => {
      socket.send(piece, request.port, '127.0.0.1', resolve);
    });
    if (datagrams % 64 !== 0) continue;
    while (unreadBytes(request.port) > UNREAD_BYTES_MAX) await sleep(WAIT_MS);
    reply({ kind: 'progress', bytes, lines, datagrams });
  }
  socket.close();
  reply({ kind: 'sent', bytes, lines, datagrams });
}

/** What the system holds for the socket bound to a port of 127.0.0.1. */
function unreadBytes(port: number): number {
  const address = renderProcAddress('127.0.0.1', port);
  for (const line of readFileSync('/proc/net/udp', 'utf8').split('\n')) {
    // sl local rem st tx:rx …
    const [, local, , , queues = ''] = line.trim().split(/\s+/);
    if (local === address) return Number.parseInt(queues.split(':')[1] ?? '', 16);
  }
  throw new Error('the relay does not listen any more');
}

function reply(message: HostileReply): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: HostileRequest) => {
  void (request.protocol === 'tcp' ? sendTcp(request) : sendUdp(request));
});
