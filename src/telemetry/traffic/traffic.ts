// The traffic of a relay, listener by listener and in all.
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

export class Traffic {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #recorder: TraceRecorder | undefined;
  readonly #all = new TrafficMeter();
  readonly #sources: { readonly source: TrafficSource; readonly meter: TrafficMeter }[] = [];

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Adds a listener; what it reads is told to the function that comes back. */
  add(source: TrafficSource): NoteRead {
    const meter = new TrafficMeter();
    this.#sources.push({ source, meter });
    return (lines, bytes) => {
      const nowMs = this.#clock.monotonicMs();
      meter.note(lines, bytes, nowMs);
      this.#all.note(lines, bytes, nowMs);
      this.#recorder?.note(lines, bytes, nowMs);
    };
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
    return {
      all: this.#all.figures(nowMs),
      inputs: this.#sources.map(({ source, meter }) => ({ ...source, ...meter.figures(nowMs) })),
    };
  }
}
