// What admin and telemetry may see of a running relay: figures and states, as plain data, read when asked for.
// relay/ implements it; the rooms fill in the rows. Every count is a total since the start unless it says "now".
import type { DestinationTimings } from './timing/destination-timings.ts';
import type { HighWaterView } from './timing/high-water.ts';
import type { Ledger } from './ledger.ts';
import type { TrafficReport } from './traffic/traffic.ts';
import type { TrafficTrace } from './tune/traffic-trace.ts';

/** A running relay, seen from outside the data path. */
export interface RelayView {
  readonly version: string;
  readonly instance: string;
  /** Wall time of the start, ms since 1970. */
  readonly startedMs: number;
  /** The clock that histograms go by. */
  monotonicMs(): number;
  /** Adds the books up; cheap enough for every few seconds. */
  ledger(): Ledger;
  inputs(): readonly InputStats[];
  destinations(): readonly DestinationStats[];
  engine(): EngineStats;
  aggregation(): AggregationStats;
  traffic(): TrafficReport;
  /** Records reads for so long; undefined: another recording is under way. */
  recordTraffic(seconds: number): Promise<TrafficTrace | undefined>;
  ready(): Readiness;
  /** The configuration as carbon-relay-ng shows it, with every secret replaced. */
  config(): unknown;
  /** The files that it was read from. */
  configFiles(): readonly string[];
}

/** Whether the relay wants traffic. `reasons` holds one sentence each and is empty when ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** One listener. */
export interface InputStats {
  /** "plain", later "pickle" and others. */
  readonly input: string;
  readonly protocol: 'tcp' | 'udp' | 'unix';
  /** Where it listens, as written in the config. */
  readonly addr: string;
  /** False while the listener is down. */
  readonly listening: boolean;
  /** Open now; 0 for UDP. */
  readonly connections: number;
  /** Connections paused by back-pressure, now. */
  readonly paused: number;
  readonly accepted: number;
  /** Connections turned away: over the limit, or no file descriptor left. */
  readonly refused: number;
  /** Connections closed because they were idle for too long. */
  readonly timedOut: number;
  readonly bytes: number;
  /** UDP only. */
  readonly datagrams: number;
  /** Datagrams that the kernel dropped before we could read them. They are in no ledger: we never saw their lines. */
  readonly kernelDrops: number;
  /** Receive buffer that the system granted, bytes; 0 where it does not apply. */
  readonly receiveBufferBytes: number;
}

/** One destination: its state, and what its books do not hold. The books are its row in the ledger. */
export interface DestinationStats {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
  readonly online: boolean;
  /** True while a full `block` queue holds senders back. */
  readonly blocking: boolean;
  /** In memory now. */
  readonly queueBytes: number;
  /** True: lines go to disk before they count. */
  readonly durable: boolean;
  /** Of a durable destination: lines in memory that do not count as received yet. */
  readonly unsyncedLines: number;
  readonly queueBytesMax: number;
  /** Lines and age of the oldest of them in memory now. */
  readonly queueLines: number;
  readonly queueAgeSec: number;
  /** Most bytes and lines in the queue; absent before the first. */
  readonly queueBytesHigh: HighWaterView | undefined;
  readonly queueLinesHigh: HighWaterView | undefined;
  /** Most lines that the queue may hold; Infinity where only bytes are bounded. */
  readonly queueLinesMax: number;
  readonly writtenBytes: number;
  readonly writes: number;
  /** Times a connection came up, attempts that failed, and connections that broke. */
  readonly connects: number;
  readonly connectErrors: number;
  readonly disconnects: number;
  /** Histograms: see destination-timings.ts. */
  readonly timings: DestinationTimings;
  /** Writes that the kernel did not take within 100 ms, the time of all of them, and that of the write under way. */
  readonly stalls: number;
  readonly stalledSec: number;
  readonly stalledNowSec: number;
  /** Times that senders were paused for it. */
  readonly pauses: number;
  /** Absent without a disk. */
  readonly spool?: SpoolFigures | undefined;
}

/** What waits on disk for a destination, and how far it has been sent. */
export interface SpoolFigures {
  readonly state: 'closed' | 'ready' | 'full' | 'failed';
  /** Not acknowledged yet; of the files; age of the oldest line, 0 when there is none. */
  readonly bytes: number;
  readonly diskBytes: number;
  readonly oldestSec: number;
  /** Lines put on disk since the start: of the traffic, and from elsewhere; and those that are not in a file yet. */
  readonly realTimeLines: number;
  readonly bulkLines: number;
  readonly waitingLines: number;
  /** The replay under way: lines sent, left, a second, and seconds to the end; undefined when nothing is sent from disk. */
  readonly replay:
    | {
        readonly done: number;
        readonly left: number;
        readonly rate: number;
        readonly endSec: number | undefined;
      }
    | undefined;
}

/** Timestamps of points, seconds since 1970. */
export interface TimestampRange {
  readonly minSec: number;
  readonly maxSec: number;
}

/** All aggregators, in the order of the table. */
export interface AggregationStats {
  readonly rules: readonly AggregatorStats[];
  /** Results by key that have a place now. */
  readonly keys: number;
  /** The timestamps that came within a second just now; undefined when none did. */
  readonly receivedRange: TimestampRange | undefined;
  /** Values that found no memory and are missing in percentiles, median, stdev and variance. */
  readonly valuesRefused: number;
}

/** One aggregator. */
export interface AggregatorStats {
  /** crng's short name of the rule. */
  readonly key: string;
  readonly functions: readonly string[];
  /** Points that came, lines that left. */
  readonly in: number;
  readonly out: number;
  /** Points that came too late for a window, and those that let one leave again. */
  readonly tooOld: number;
  readonly amended: number;
  /** Points that went into no window: no room, too far ahead of the clock, no key that can be sent. */
  readonly noRoom: number;
  readonly tooNew: number;
  readonly badKey: number;
  /** Windows now, and those of them that are due and have not left. */
  readonly open: number;
  readonly waiting: number;
}

/** The series table. */
export interface EngineStats {
  /** Remembered now. */
  readonly series: number;
  /** Keys resolved through the table. */
  readonly resolved: number;
  /** Forgotten to stay within `max_series`. */
  readonly forgotten: number;
  readonly memoryBytes: number;
}
