// Profiles of the running process on demand: where its CPU time goes, and what its heap holds. One at a time, and no cost
// at all while none is taken. The delay of the event loop over longer times is in /metrics.
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { getHeapSnapshot } from 'node:v8';
import type { Clock } from '../util/clock.ts';

/** How often the delay of the event loop is sampled. */
const DELAY_RESOLUTION_MS = 20;

/** What is being taken. */
export type ProfileKind = 'profile' | 'heap';

/** How the event loop did; by how much timers came late, ms. */
export interface EventLoopFigures {
  /** Part of the time it was busy, 0 to 1. */
  readonly utilization: number;
  readonly delayMs: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** Takes profiles of this process. */
export class Profiler {
  readonly #clock: Pick<Clock, 'after'>;
  #busy: ProfileKind | undefined;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** What is being taken now. */
  get busy(): ProfileKind | undefined {
    return this.#busy;
  }

  /** Watches the event loop for so long, or until `signal` aborts. Any number may watch at once. */
  async watchEventLoop(durationMs: number, signal: AbortSignal): Promise<EventLoopFigures> {
    const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    const before = performance.eventLoopUtilization();
    delay.enable();
    await this.#wait(durationMs, signal);
    delay.disable();
    const { utilization } = performance.eventLoopUtilization(before);
    // The histogram holds whole intervals.
    const beyond = (ns: number): number =>
      delay.count === 0 ? 0 : Math.max(0, ns / 1e6 - DELAY_RESOLUTION_MS);
    return {
      utilization,
      delayMs: { mean: beyond(delay.mean), p99: beyond(delay.percentile(99)), max: beyond(delay.max) },
    };
  }

  /**
   * Profiles the CPU for so long, or until `signal` aborts, and returns the profile in the form of Chrome's developer
   * tools (.cpuprofile); undefined while another is being taken.
   */
  async takeCpuProfile(durationMs: number, signal: AbortSignal): Promise<object | undefined> {
    if (this.#busy !== undefined) return undefined;
    this.#busy = 'profile';
    const session = new Session();
    try {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await this.#wait(durationMs, signal);
      const { profile } = await session.post('Profiler.stop');
      return profile;
    } finally {
      session.disconnect();
      this.#busy = undefined;
    }
  }

  /**
   * Takes a heap snapshot, for which the process stands still, and returns it as a stream (.heapsnapshot); it counts as
   * under way until the stream has ended or is destroyed. Undefined while another is being taken.
   */
  takeHeapSnapshot(): Readable | undefined {
    if (this.#busy !== undefined) return undefined;
    this.#busy = 'heap';
    const free = (): void => {
      this.#busy = undefined;
    };
    try {
      return getHeapSnapshot().once('close', free);
    } catch (error) {
      free();
      throw error;
    }
  }

  async #wait(durationMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(durationMs, resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    cancel();
  }
}
