// Sends a load over connections that are open: as fast as they take it, or by a schedule.
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayHistogram } from './delay-histogram.ts';
import type { LineRenderer } from './line-renderer.ts';
import type { LoadLayout } from './load-plan.ts';
import type { Packet } from './load-schedule.ts';
import type { Outlet } from './outlet.ts';
import { Pacer } from './pacer.ts';

/** Connections written to before the other events of the thread get a turn. */
const WRITES_PER_TURN = 64;
/** A connection that has so much waiting gets nothing more: the schedule waits, and is late. */
const QUEUED_BYTES_MAX = 16 << 20;
const QUEUE_CHECK_MS = 1;

/** What both ways to send need. */
export interface Sending {
  readonly outlets: readonly Outlet[];
  readonly renderer: LineRenderer;
  readonly layout: LoadLayout;
  /** Called after each write. */
  readonly sent: () => void;
  readonly isStopped: () => boolean;
  readonly now: () => number;
}

/** Sends at full speed until each connection has sent its share, or until a moment, µs. */
export class FullSpeed {
  readonly #sending: Sending;
  readonly #left: number[];
  readonly #untilMicros: number;
  #ready: number[];
  #writing = 0;
  #isScheduled = false;
  readonly #done = Promise.withResolvers<void>();

  /** `lines` in all, shared out evenly. */
  constructor(sending: Sending, lines: number, untilMicros: number) {
    const { length } = sending.outlets;
    this.#sending = sending;
    this.#untilMicros = untilMicros;
    this.#left = sending.outlets.map(
      (_, index) => Math.floor(lines / length) + (index < lines % length ? 1 : 0),
    );
    this.#ready = sending.outlets.map((_, index) => index);
  }

  run(): Promise<void> {
    this.#schedule();
    return this.#done.promise;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    const ready = this.#ready;
    this.#ready = ready.slice(WRITES_PER_TURN);
    const isOver = this.#sending.isStopped() || this.#sending.now() >= this.#untilMicros;
    for (const index of ready.slice(0, WRITES_PER_TURN)) if (!isOver) this.#write(index);
    if (this.#ready.length > 0 && !isOver) this.#schedule();
    else if (this.#writing === 0 || this.#sending.isStopped()) this.#done.resolve();
  }

  #write(index: number): void {
    const { outlets, renderer, layout, sent } = this.#sending;
    const outlet = outlets[index];
    const left = this.#left[index] ?? 0;
    if (outlet === undefined || outlet.isBroken || left === 0 || !renderer.hasRoom) return;
    const lines = Math.min(layout.slotLines, left);
    this.#left[index] = left - lines;
    this.#writing += 1;
    outlet.write(renderer.render(index, lines, index), () => {
      this.#writing -= 1;
      this.#ready.push(index);
      this.#schedule();
    });
    sent();
  }
}

/** Sends by a schedule whose times count from now; returns how late the packets were. */
export async function sendScheduled(sending: Sending, packets: Iterable<Packet>): Promise<DelayHistogram> {
  const { outlets, renderer, sent, isStopped, now } = sending;
  const lateness = new DelayHistogram();
  const pacer = new Pacer(now);
  const start = now();
  for (const { atMicros, connection, lines } of packets) {
    if (now() - start < atMicros) await pacer.until(start + atMicros);
    const outlet = outlets[connection];
    if (outlet === undefined || outlet.isBroken) continue;
    while (outlet.queuedBytes > QUEUED_BYTES_MAX && !outlet.isBroken && !isStopped())
      await sleep(QUEUE_CHECK_MS);
    if (isStopped() || !renderer.hasRoom) break;
    lateness.record(Math.max(0, now() - start - atMicros));
    // A copy: the area is rendered into again before a slow connection has taken it.
    outlet.write(Buffer.from(renderer.render(connection, lines, 0)), () => undefined);
    sent();
  }
  return lateness;
}
