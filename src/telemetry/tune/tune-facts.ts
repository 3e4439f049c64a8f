// The facts behind `sluice tune`, as GET /api/tune gives them: what came, how it left, what had to wait and what may. Plain
// data without a judgement; `diagnose.ts` judges, the command puts it into words. Times are seconds, sizes bytes.
import type { DropCounts } from '../drop-reason.ts';
import type { Summary } from '../timing/histogram.ts';
import type { TrafficReport } from '../traffic/traffic.ts';
import type { Flow } from './flow-watch.ts';

/** What happens at a destination whose memory is full, in the words of its option. */
type WhenFull = 'spill' | 'block' | 'drop_newest' | 'drop_oldest';

/** Durations of one kind of operation, seconds. */
export interface Durations {
  readonly count: number;
  readonly sumSec: number;
  readonly meanSec: number;
  readonly p50Sec: number;
  readonly p99Sec: number;
  readonly maxSec: number;
}

/** What waits on disk, and what may. */
export interface SpoolFacts {
  readonly state: 'closed' | 'ready' | 'full' | 'failed';
  readonly lines: number;
  readonly bytes: number;
  readonly diskBytes: number;
  /** What it may still take: the rest of its cap, or what is free on the disk. */
  readonly roomBytes: number;
  readonly write: Durations;
  readonly sync: Durations;
  /** Lines a second of the replay under way; 0 when there is none. */
  readonly replayPerSec: number;
}

/** One destination; figures without a word of time are of the last hour. */
export interface DestinationFacts {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
  readonly online: boolean;
  readonly durable: boolean;
  readonly blocking: boolean;
  readonly whenFull: WhenFull;
  /** Since the start. */
  readonly in: number;
  readonly written: number;
  readonly writes: number;
  readonly disconnects: number;
  readonly pauses: number;
  readonly dropped: Partial<DropCounts>;
  readonly flow: Flow;
  /** Mean size of a line, newline included. */
  readonly lineBytes: number;
  readonly linesPerWrite: number;
  readonly bytesPerWrite: number;
  /** Writes to the kernel, from the call until it took all: what the notes call a flush. */
  readonly write: Durations;
  /** Part of the last 10 s in which a write was under way, 0 to 1. */
  readonly busy10: number;
  /** Writes not taken within 100 ms: how many, the longest, and how long the one under way has lasted. */
  readonly stalls: number;
  readonly stallMaxSec: number;
  readonly stallNowSec: number;
  readonly queue: {
    readonly lines: number;
    readonly bytes: number;
    readonly ageSec: number;
    readonly highLines: number;
    readonly highBytes: number;
    readonly highBytes60: number;
    /** Bounds; no bound in lines: null. */
    readonly maxBytes: number;
    readonly maxLines: number | null;
  };
  /** Null: nothing goes to disk. */
  readonly spool: SpoolFacts | null;
}

/** The relay. */
export interface TuneFacts {
  readonly version: string;
  readonly instance: string;
  readonly uptimeSec: number;
  /** Of the process since its start. */
  readonly cpuSec: number;
  readonly traffic: TrafficReport;
  readonly destinations: readonly DestinationFacts[];
}

/** Turns a histogram of µs into seconds. */
export function durationsOf(summary: Summary | undefined): Durations {
  const { count = 0, sum = 0, mean = 0, p50 = 0, p99 = 0, max = 0 } = summary ?? {};
  return {
    count,
    sumSec: sum / 1e6,
    meanSec: mean / 1e6,
    p50Sec: p50 / 1e6,
    p99Sec: p99 / 1e6,
    maxSec: max / 1e6,
  };
}
