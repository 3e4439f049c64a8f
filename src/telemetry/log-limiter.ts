// Log lines that may come often: per key the first is written at once, then at most one per interval,
// which says how many it stands for. Nothing waits on a timer; what is held back is only counted.
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

interface Entry {
  nextMs: number;
  held: number;
}

/** Keys remembered at most; beyond it the oldest key is forgotten and may speak again. */
const KEYS_MAX = 1000;

/** Lends out a Log that is limited by key. */
export class LogLimiter {
  readonly #keysMax: number;
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #entries = new Map<string, Entry>();

  constructor(
    options: { readonly keysMax?: number },
    dependencies: { readonly log: Log; readonly clock: Pick<Clock, 'monotonicMs'> },
  ) {
    this.#keysMax = options.keysMax ?? KEYS_MAX;
    this.#log = dependencies.log;
    this.#clock = dependencies.clock;
  }

  /** Returns a Log whose lines share the limit of `key`: one per `intervalMs`. */
  limited(key: string, intervalMs: number): Log {
    const at = (level: keyof Log) => (message: string) => this.#line(level, message, key, intervalMs);
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      trace: at('trace'),
    };
  }

  #line(level: keyof Log, message: string, key: string, intervalMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#makeRoom();
      this.#entries.set(key, { nextMs: nowMs + intervalMs, held: 0 });
      this.#log[level](message);
    } else if (nowMs < entry.nextMs) {
      entry.held += 1;
    } else {
      const more = entry.held > 0 ? ` (${entry.held} more)` : '';
      entry.held = 0;
      entry.nextMs = nowMs + intervalMs;
      this.#log[level](message + more);
    }
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#keysMax) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
