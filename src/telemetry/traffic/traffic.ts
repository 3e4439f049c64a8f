// The traffic of a relay, listener by listener and in all.
//
// Whoever reads only notes it, four numbers in a row of memory; meters add it up when there is no room for more, or when
// somebody asks: under a trickle all that a meter holds would have to be fetched from memory for each read.
import type { Clock } from '../../util/clock.ts';
import { type TrafficFigures, TrafficMeter } from './traffic-meter.ts';
import { TraceRecorder, type TrafficTrace } from '../tune/traffic-trace.ts';

/** Which listener. */
export interface TrafficSource {
  readonly input: string;
  readonly protocol: 'tcp' | 'udp';
  /** As written in the config. */
  readonly addr: string;
}

/** What `GET /api/traffic` shows. */
export interface TrafficReport {
  readonly all: TrafficFigures;
  readonly inputs: readonly (TrafficSource & TrafficFigures)[];
}

/** Takes note of what a listener reads: lines that are whole now, and bytes. */
export type NoteRead = (lines: number, bytes: number) => void;

/** Reads that wait to be added up, and what is noted of each: whose, when, lines, bytes. */
const READS_MAX = 512;
const READ_FIELDS = 4;

export class Traffic {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #recorder: TraceRecorder | undefined;
  readonly #all = new TrafficMeter();
  readonly #sources: { readonly source: TrafficSource; readonly meter: TrafficMeter }[] = [];

  readonly #reads = new Float64Array(READS_MAX * READ_FIELDS);
  #noted = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Adds a listener; what it reads is told to the function that comes back. */
  add(source: TrafficSource): NoteRead {
    const index = this.#sources.length;
    this.#sources.push({ source, meter: new TrafficMeter() });
    return (lines, bytes) => this.#note(index, lines, bytes);
  }

  /** Records all reads while `wait` lasts; undefined: another recording is under way. */
  async record(wait: () => Promise<void>): Promise<TrafficTrace | undefined> {
    if (this.#recorder !== undefined) return undefined;
    const recorder = new TraceRecorder(this.#clock.monotonicMs());
    this.#recorder = recorder;
    try {
      await wait();
    } finally {
      this.#recorder = undefined;
    }
    return recorder.end(this.#clock.monotonicMs());
  }

  /** Reads all figures as they are now. */
  report(): TrafficReport {
    const nowMs = this.#clock.monotonicMs();
    this.#addUp();
    return {
      all: this.#all.figures(nowMs),
      inputs: this.#sources.map(({ source, meter }) => ({ ...source, ...meter.figures(nowMs) })),
    };
  }

  #note(index: number, lines: number, bytes: number): void {
    if (this.#noted === READS_MAX) this.#addUp();
    const nowMs = this.#clock.monotonicMs();
    const reads = this.#reads;
    const at = this.#noted * READ_FIELDS;
    reads[at] = index;
    reads[at + 1] = nowMs;
    reads[at + 2] = lines;
    reads[at + 3] = bytes;
    this.#noted += 1;
    this.#recorder?.note(lines, bytes, nowMs);
  }

  #addUp(): void {
    const reads = this.#reads;
    for (let at = 0; at < this.#noted * READ_FIELDS; at += READ_FIELDS) {
      const nowMs = reads[at + 1]!;
      const lines = reads[at + 2]!;
      const bytes = reads[at + 3]!;
      this.#sources[reads[at]!]?.meter.note(lines, bytes, nowMs);
      this.#all.note(lines, bytes, nowMs);
    }
    this.#noted = 0;
  }
}
