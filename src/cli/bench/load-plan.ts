// What a load consists of, and how its lines are numbered.
//
// Sender and sink are threads of one process. They share a table of slots: runs of lines that a connection sends at once,
// with the time at which they were handed to the kernel. By it the sink knows of each line that comes when it was sent,
// whether it was sent at all, and what its key has to be.

/** When lines are sent. */
export type LoadMode =
  /** As fast as the other side takes them; one of the two says for how long. */
  | {
      readonly kind: 'full';
      readonly lines?: number;
      readonly seconds?: number;
      readonly linesPerWrite?: number;
    }
  | {
      readonly kind: 'paced';
      readonly rate: number;
      readonly linesPerWrite: number;
      readonly seconds: number;
    }
  /** The traffic of carbon-relay-ng's tuning notes. */
  | { readonly kind: 'notes'; readonly seconds: number };

/** How lines are sent. */
export type Transport = 'tcp' | 'udp' | 'pickle';

/** What to send. */
export interface LoadPlan {
  readonly mode: LoadMode;
  readonly transport?: Transport;
  readonly connections: number;
  readonly series: number;
  /** Series besides those, which the relay is to block. */
  readonly blockedSeries?: number;
  /** Each nth of the series of a connection is a new one each time that it is sent. */
  readonly newEach?: number;
  /** Mean length of a line, its newline included. */
  readonly lineBytes?: number;
  readonly tags?: number;
  readonly seed: number;
}

/** A plan in the numbers that both threads work with. */
export interface LoadLayout {
  readonly slotLines: number;
  readonly slotsMax: number;
  readonly connections: number;
  /** Series of each connection. */
  readonly ownSeries: number;
  readonly ownBlocked: number;
  /** 0: none. */
  readonly newEach: number;
  readonly serialBase: number;
  readonly padBytes: number;
  readonly tags: number;
  /** The timestamp of all lines, by which those of an earlier load are told apart. */
  readonly timeSec: number;
}

/** Bounds of a load. */
export const LOAD_BOUNDS = {
  lines: 4_000_000_000,
  series: 10_000_000,
  connections: 60_000,
  lineBytes: 4096,
  tags: 50,
  seconds: 3600,
  rate: 10_000_000,
  copies: 64,
  linesPerWrite: 1024,
} as const;

/** Length of a line without tags when nothing else is said, bytes; also about the shortest. */
export const LINE_BYTES = 63;
/** What a tag adds, bytes. */
export const TAG_BYTES = 10;

// Behind the key; and what keys of one length have more in the mean.
const TAIL_BYTES = 23;
const PAD_MEAN = 3;
const SLOT_LINES_MAX = 1024;
const SLOT_LINES_MIN = 32;
const SLOT_LINES_ALL = 256 << 10;
/** What passes any Ethernet in one piece. */
const DATAGRAM_BYTES = 1400;
const COPY_BITS_MAX = 16_000_000_000;
const LINES_PER_SECOND_MAX = 40_000_000;
/** More system calls than one thread makes. */
const WRITES_PER_SECOND_MAX = 1_000_000;
const NOTES_LINES_PER_SECOND_MAX = 6000;
/** No load sends its series so many times a second: a new series is new from load to load. */
const ROUNDS_PER_SECOND = 1000;
/** Words of a slot: time of sending (µs since the start, at least 1), connection, turn and round of its first line. */
export const SLOT_WORDS = 4;

/** Numbers the lines of a plan; `timeSec` differs from load to load. The bits of all copies are bounded, and so the lines. */
export function layOut(plan: LoadPlan, timeSec: number, copies: number): LoadLayout {
  const { mode, connections, newEach, blockedSeries = 0, tags = 0 } = plan;
  const slotLines = slotLinesOf(plan);
  return {
    slotLines,
    slotsMax: Math.min(
      slotsOf(mode, slotLines, connections),
      Math.floor(Math.min(LOAD_BOUNDS.lines, COPY_BITS_MAX / Math.max(1, copies)) / slotLines),
    ),
    connections,
    ownSeries: Math.ceil(plan.series / connections),
    ownBlocked: Math.ceil(blockedSeries / connections),
    newEach: newEach ?? 0,
    serialBase: (timeSec * ROUNDS_PER_SECOND) % 1e9,
    padBytes: Math.max(
      1,
      (plan.lineBytes ?? LINE_BYTES + tags * TAG_BYTES) - tags * TAG_BYTES - TAIL_BYTES - PAD_MEAN,
    ),
    tags,
    timeSec,
  };
}

function slotLinesOf({ mode, connections, transport, lineBytes = LINE_BYTES, tags = 0 }: LoadPlan): number {
  if (mode.kind === 'notes') return 1;
  const fitting = Math.max(
    1,
    Math.floor(DATAGRAM_BYTES / Math.max(lineBytes, LINE_BYTES + tags * TAG_BYTES)),
  );
  if (mode.kind === 'paced') {
    return transport === 'udp' ? Math.min(mode.linesPerWrite, fitting) : mode.linesPerWrite;
  }
  if (transport === 'udp') return fitting;
  if (mode.linesPerWrite !== undefined) return mode.linesPerWrite;
  return Math.min(SLOT_LINES_MAX, Math.max(SLOT_LINES_MIN, Math.floor(SLOT_LINES_ALL / connections)));
}

function slotsOf(mode: LoadMode, slotLines: number, connections: number): number {
  if (mode.kind === 'paced') return Math.ceil((mode.rate * mode.seconds) / slotLines) + 1;
  if (mode.kind === 'notes') return Math.ceil(mode.seconds * NOTES_LINES_PER_SECOND_MAX) + 60_000;
  const seconds = mode.seconds ?? 0;
  const lines = mode.lines ?? Math.min(LINES_PER_SECOND_MAX, WRITES_PER_SECOND_MAX * slotLines) * seconds;
  // Each connection may end with a slot that is not full.
  return Math.ceil(Math.min(lines, LOAD_BOUNDS.lines) / slotLines) + connections;
}

/** What sender and sink share: the slots and the counts of the moment. */
export interface LoadShare {
  readonly slots: SharedArrayBuffer;
  /** Doubles, see `TALLY`. */
  readonly tally: SharedArrayBuffer;
  /** When the load began; monotonic, whole seconds. */
  readonly startSec: number;
}

/** Places in the tally. */
export const TALLY = { sent: 0, received: 1, accepted: 2, size: 3 } as const;

/** Makes what sender and sink share. Throws an error of one line when memory does not hold it. */
export function makeShare(layout: LoadLayout): LoadShare {
  return {
    slots: makeSlots(layout.slotsMax),
    tally: new SharedArrayBuffer(TALLY.size * 8),
    startSec: process.hrtime()[0],
  };
}

function makeSlots(slotsMax: number): SharedArrayBuffer {
  const bytes = slotsMax * SLOT_WORDS * 4;
  try {
    return new SharedArrayBuffer(bytes);
  } catch {
    throw new Error(
      `the load may take ${slotsMax} writes, which need ${Math.ceil(bytes / 2 ** 20)} MiB to be told apart, more than there is: ` +
        'ask for fewer --seconds or --lines, or more --lines-per-write',
    );
  }
}

/** Tells the time since the start of a load, µs; the same clock in all threads. Never 0. */
export function microsSince(startSec: number): number {
  const [seconds, nanos] = process.hrtime();
  return (seconds - startSec) * 1e6 + Math.floor(nanos / 1000) + 1;
}
