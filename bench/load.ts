// A child process that sends a load to one port, as its first message asks, and says what it sent.
//
// `full`: as fast as the other side takes it. `paced`: at a rate, a few lines a write. `notes`: the traffic of crng's tuning
// notes. The paced modes sleep in the kernel between turns of a fifth of a millisecond, so that lines come as evenly as
// real senders' do and the generator costs little; each of their lines is stamped.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { notesSchedule, type Packet, pacedSchedule } from '../src/cli/bench/load-schedule.ts';
import { blockedKey, type LineSpec, monotonicMicros, newSeriesKey, type Piece } from './series-lines.ts';
import { renderPiece, SERIAL_DIGITS, seriesKey, stampPiece } from './series-lines.ts';

/** How to send. */
export type LoadMode =
  | { readonly kind: 'full'; readonly lines: number }
  | {
      readonly kind: 'paced';
      readonly rate: number;
      readonly linesPerWrite: number;
      readonly seconds: number;
    }
  | { readonly kind: 'notes'; readonly seconds: number }
  /** As fast as it goes, pickle messages of a file that make-pickles.py wrote, over and over. */
  | { readonly kind: 'pickle'; readonly lines: number; readonly file: string };

/** What to send, and where. */
export interface LoadRequest {
  readonly port: number;
  readonly connections: number;
  readonly series: number;
  /** Series besides those that the relay's blocklist stops. */
  readonly blockedSeries: number;
  /** At full speed each nth of the series is a new one each time that it is sent, also from load to load. */
  readonly newEach?: number;
  readonly mode: LoadMode;
  readonly seed: number;
}

/** What was sent; `passing` and `sum` leave the blocked lines out. */
export interface LoadReport {
  readonly kind: 'sent';
  readonly lines: number;
  readonly passing: number;
  readonly sum: number;
  readonly startMicros: number;
  readonly endMicros: number;
  /** How late the latest packet was against its time, ms. */
  readonly lateMs: number;
}

/** What is said when the relay cannot be reached. */
export interface LoadFailure {
  readonly kind: 'failed';
  readonly message: string;
}

const PIECE_BYTES = 64 << 10;
const LINE_BYTES = 72;
/** No load sends its series so many times a second. */
const ROUNDS_PER_SECOND = 1000;
const TURN_MS = 0.2;
/** Metrics of one message, as make-pickles.py packs them. */
const PICKLE_METRICS = 500;

/** Sends pieces on one connection and keeps the account. */
class Sender {
  lines = 0;
  passing = 0;
  sum = 0;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves when the kernel has the bytes: only then may the piece be stamped again. */
  send(piece: Piece, serial: number): Promise<void> {
    this.account(piece, serial);
    return new Promise((resolve, reject) => {
      this.#socket.write(piece.bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends a copy and does not wait. */
  sendNow(piece: Piece): void {
    this.account(piece, 0);
    this.#socket.write(Buffer.from(piece.bytes));
  }

  async end(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  private account(piece: Piece, serial: number): void {
    this.sum = (this.sum + stampPiece(piece, monotonicMicros(), serial)) | 0;
    this.lines += piece.lines;
    this.passing += piece.lines - piece.blocked;
  }
}

async function openSender(port: number): Promise<Sender> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  // A relay may say something or hang up; what counts is what the sink gets.
  socket.resume();
  socket.on('error', () => socket.destroy());
  return new Sender(socket);
}

function lineSpecs(request: LoadRequest, connection: number, stampEach: boolean): LineSpec[] {
  const specs: LineSpec[] = [];
  const take = (count: number, keyOf: (index: number) => Pick<LineSpec, 'key' | 'serialAt'>): void => {
    for (let index = connection; index < count; index += request.connections) {
      specs.push({ ...keyOf(index), stamped: stampEach, blocked: keyOf === blockedSpec });
    }
  };
  const { newEach } = request;
  const isNew = (index: number): boolean =>
    newEach !== undefined && Math.floor(index / request.connections) % newEach === 0;
  take(request.series, (index) => (isNew(index) ? newSpec(index) : { key: seriesKey(index) }));
  take(request.blockedSeries, blockedSpec);
  return specs;
}

function newSpec(index: number): Pick<LineSpec, 'key' | 'serialAt'> {
  const { start, end } = newSeriesKey(index);
  return { key: start + '0'.repeat(SERIAL_DIGITS) + end, serialAt: start.length };
}

function blockedSpec(index: number): Pick<LineSpec, 'key'> {
  return { key: blockedKey(index) };
}

function cutPieces(specs: readonly LineSpec[], linesPerPiece: number): Piece[] {
  const timestampSec = Math.floor(Date.now() / 1000);
  const pieces: Piece[] = [];
  for (let index = 0; index < specs.length; index += linesPerPiece) {
    const part = specs.slice(index, index + linesPerPiece);
    // One stamp a piece at least.
    pieces.push(
      renderPiece(
        part.map((spec, at) => (at === 0 ? { ...spec, stamped: true } : spec)),
        timestampSec,
      ),
    );
  }
  return pieces;
}

async function sendFull(request: LoadRequest, senders: readonly Sender[], lines: number): Promise<void> {
  const share = Math.ceil(lines / senders.length);
  const firstSerial = Math.floor(Date.now() / 1000) * ROUNDS_PER_SECOND;
  const tasks = senders.map(async (sender, connection) => {
    const specs = lineSpecs(request, connection, false);
    const pieces = cutPieces(specs, Math.floor(PIECE_BYTES / LINE_BYTES));
    for (let serial = firstSerial; sender.lines < share; serial++) {
      for (const piece of pieces) if (sender.lines < share) await sender.send(piece, serial);
    }
  });
  await Promise.all(tasks);
}

async function sendPickles(senders: readonly Sender[], lines: number, file: string): Promise<void> {
  const share = Math.ceil(lines / senders.length);
  const bytes = readFileSync(file);
  const frames: Piece[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const frame = { bytes: bytes.subarray(at, end), lines: PICKLE_METRICS, stamps: [], serials: [] };
    frames.push({ ...frame, blocked: 0, sum: 0 });
    at = end;
  }
  const tasks = senders.map(async (sender) => {
    for (let next = 0; sender.lines < share; next = (next + 1) % frames.length) {
      const frame = frames[next];
      if (frame !== undefined) await sender.send(frame, 0);
    }
  });
  await Promise.all(tasks);
}

/** Returns how late the latest packet was, ms. */
async function sendScheduled(
  request: LoadRequest,
  senders: readonly Sender[],
  packets: Iterable<Packet>,
): Promise<number> {
  const single = senders.map((_, connection) => cutPieces(lineSpecs(request, connection, true), 1));
  const cursors = senders.map(() => 0);
  const sleepCell = new Int32Array(new SharedArrayBuffer(4));
  const start = monotonicMicros();
  let lateMicros = 0;
  for (const { atMicros, connection, lines } of packets) {
    for (let wait = atMicros; wait > 0; ) {
      wait = atMicros - (monotonicMicros() - start);
      if (wait <= 0) break;
      // Lets write callbacks and errors through, then sleeps for what is left of the turn.
      await nextTurn();
      Atomics.wait(sleepCell, 0, 0, Math.min(TURN_MS, wait / 1000));
    }
    lateMicros = Math.max(lateMicros, monotonicMicros() - start - atMicros);
    const sender = senders[connection % senders.length];
    const pieces = single[connection % senders.length] ?? [];
    const cursor = cursors[connection % senders.length] ?? 0;
    if (sender !== undefined) sender.sendNow(joinPieces(pieces, cursor, lines));
    cursors[connection % senders.length] = (cursor + lines) % pieces.length;
  }
  return lateMicros / 1000;
}

function joinPieces(pieces: readonly Piece[], cursor: number, lines: number): Piece {
  const first = pieces[cursor % pieces.length];
  if (first !== undefined && lines === 1) return first;
  const parts = Array.from({ length: lines }, (_, at) => pieces[(cursor + at) % pieces.length]);
  const chosen = parts.filter((part) => part !== undefined);
  let offset = 0;
  const stamps = chosen.flatMap((part) => {
    const moved = part.stamps.map((stamp) => ({ ...stamp, offset: stamp.offset + offset }));
    offset += part.bytes.length;
    return moved;
  });
  return {
    // The stamps in them may stand at a former time: `sum` counts on zeros, and stamping writes every digit.
    bytes: Buffer.concat(chosen.map((part) => part.bytes)),
    lines,
    blocked: chosen.reduce((sum, part) => sum + part.blocked, 0),
    sum: chosen.reduce((sum, part) => (sum + part.sum) | 0, 0),
    stamps,
    serials: [],
  };
}

async function runLoad(request: LoadRequest): Promise<LoadReport> {
  const { mode, connections, seed } = request;
  const senders = await Promise.all(Array.from({ length: connections }, () => openSender(request.port)));
  const startMicros = monotonicMicros();
  let lateMs = 0;
  if (mode.kind === 'full') await sendFull(request, senders, mode.lines);
  else if (mode.kind === 'pickle') await sendPickles(senders, mode.lines, mode.file);
  else if (mode.kind === 'paced') {
    lateMs = await sendScheduled(request, senders, pacedSchedule(mode, connections));
  } else lateMs = await sendScheduled(request, senders, notesSchedule(mode.seconds, connections, seed));
  const endMicros = monotonicMicros();
  await Promise.all(senders.map((sender) => sender.end()));
  return {
    kind: 'sent',
    lines: senders.reduce((sum, sender) => sum + sender.lines, 0),
    passing: senders.reduce((sum, sender) => sum + sender.passing, 0),
    sum: senders.reduce((sum, sender) => (sum + sender.sum) | 0, 0),
    startMicros,
    endMicros,
    lateMs,
  };
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: LoadRequest) => {
  void runLoad(request).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ kind: 'failed', message: String(error) } satisfies LoadFailure),
  );
});
