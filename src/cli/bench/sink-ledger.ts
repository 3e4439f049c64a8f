// What a sink has got of the present load, how it went over time, and when it is over.
import { DelayHistogram } from './delay-histogram.ts';
import { LineCounter, type LineStream, makeLineStream } from './line-counter.ts';
import { microsSince, TALLY } from './load-plan.ts';
import type { SinkLoad, SinkReport, TimelinePoint } from './sink-thread.ts';

/** How often the timeline gets a point. */
const POINT_MS = 100;
/** How long a duplicate of the last line is waited for. */
const SETTLE_MS = 200;
const CHECK_MS = 20;
/** So many times as long is waited for lines while no relay is connected: one may try only every ten seconds. */
const ABSENT_FACTOR = 3;
const END_OF_LINE = Buffer.from('\n');

export class SinkLedger {
  readonly #counter: LineCounter;
  readonly #portCount: number;
  readonly #streams = new Set<LineStream>();
  #load: SinkLoad | undefined;
  #tally: Float64Array = new Float64Array(TALLY.size);
  #portLines: number[] = [];
  #received = 0;
  #lastMicros = 0;
  #total = new DelayHistogram();
  #timeline: TimelinePoint[] = [];
  #timer: NodeJS.Timeout | undefined;

  private constructor(counter: LineCounter, portCount: number) {
    this.#counter = counter;
    this.#portCount = portCount;
  }

  static async make(portCount: number): Promise<SinkLedger> {
    return new SinkLedger(await LineCounter.make(), portCount);
  }

  /** Begins a load; what belongs to an earlier one counts as foreign. */
  open(load: SinkLoad): void {
    clearInterval(this.#timer);
    this.#load = load;
    this.#tally = new Float64Array(load.share.tally);
    this.#counter.open(load.layout, load.share.slots, load.copies, load.byPort);
    this.#portLines = Array.from({ length: this.#portCount }, () => 0);
    this.#received = 0;
    this.#lastMicros = 0;
    this.#total = new DelayHistogram();
    this.#timeline = [];
    for (const stream of this.#streams) stream.carry = Buffer.alloc(0);
    this.#timer = setInterval(() => this.#addPoint(), POINT_MS);
  }

  /** Begins a stream of bytes on a port, counted from 0. */
  addStream(port: number): LineStream {
    const stream = makeLineStream(port);
    this.#streams.add(stream);
    return stream;
  }

  /** Takes bytes of a stream. */
  take(stream: LineStream, chunk: Uint8Array): void {
    if (this.#load === undefined) return;
    const nowMicros = microsSince(this.#load.share.startSec);
    const lines = this.#counter.take(stream, chunk, nowMicros);
    if (lines === 0) return;
    this.#lastMicros = nowMicros;
    this.#received += lines;
    this.#portLines[stream.port] = (this.#portLines[stream.port] ?? 0) + lines;
    this.#tally[TALLY.received] = this.#received;
  }

  /** Ends a line that has no newline: a datagram ends there. */
  endLine(stream: LineStream): void {
    this.take(stream, END_OF_LINE);
  }

  /** Ends a stream: what is left of it is a fragment. */
  endStream(stream: LineStream): void {
    if (this.#load !== undefined) this.#counter.end(stream);
    this.#streams.delete(stream);
  }

  /** Waits until so many copies came, or no line came for a while; then ends the load. */
  async until(expected: number, idleMs: number): Promise<SinkReport> {
    const load = this.#load;
    if (load === undefined) throw new Error('BUG: no load is open');
    let seen = -1;
    let quietSince = microsSince(load.share.startSec);
    for (;;) {
      const { accepted, duplicates, unwanted } = this.#counter.counts();
      const nowMicros = microsSince(load.share.startSec);
      // Not what else comes: a relay sends its own statistics for ever.
      const ours = accepted + duplicates + unwanted;
      if (ours !== seen) quietSince = nowMicros;
      seen = ours;
      const waitMs = this.#streams.size === 0 ? idleMs * ABSENT_FACTOR : idleMs;
      if (nowMicros - quietSince >= (accepted >= expected ? SETTLE_MS : waitMs) * 1000) break;
      await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
    }
    clearInterval(this.#timer);
    this.#addPoint();
    return {
      counts: this.#counter.counts(),
      samples: this.#counter.samples,
      portLines: this.#portLines,
      delay: this.#total.summary(),
      lastMicros: this.#lastMicros,
      timeline: this.#timeline,
    };
  }

  #addPoint(): void {
    if (this.#load === undefined) return;
    const since = new DelayHistogram();
    this.#counter.takeDelays((counts, maxMicros) => {
      since.addCounts(counts, maxMicros);
      this.#total.addCounts(counts, maxMicros);
    });
    const { accepted } = this.#counter.counts();
    this.#tally[TALLY.accepted] = accepted;
    this.#timeline.push({
      ms: microsSince(this.#load.share.startSec) / 1000,
      sent: this.#tally[TALLY.sent] ?? 0,
      accepted,
      delay: since.summary(),
    });
  }
}
