// How fast the backlog may be sent: what `replay_rate` allows, gently after a reconnect, and never so much that live lines
// wait long behind it. A peer that was away needs its strength for what is new.
//
// The rate begins low and doubles each second up to `replay_rate` (or without end). A write that takes long shows that the
// socket holds more than a tenth of a second of what the peer takes: then nothing of the backlog is sent for that long
// again, the rate falls to a part of what was measured, and it grows slowly from there. A piece is at most what the rate
// sends in a tenth of a second.

export interface ReplayPaceOptions {
  /** Most lines a second; 0: no bound. */
  readonly replayRate: number;
}

/** Lines a second right after a reconnect, if `replay_rate` allows so much. */
const FIRST_RATE = 10_000;
/** With `replay_rate` the beginning is this part of it. */
const FIRST_PART = 0.25;
/** Above this the rate is no bound any more, lines/s. */
const RATE_MAX = 10_000_000;
/** Below this a slow peer slows replay by itself, lines/s. */
const RATE_MIN = 1000;
/** A write longer than this shows a full socket, ms; also the most that a piece holds. */
const SOCKET_MS = 100;
/** After a full socket the rate is this part of what the peer took in all, and growth is slower for a while. */
const BACK_OFF = 0.7;
const GROWTH = 2;
const CAREFUL_GROWTH = 1.5;
const CAREFUL_MS = 10_000;
const WINDOW_MS = 1000;

export class ReplayPace {
  readonly #options: ReplayPaceOptions;
  #rate = 0;
  #tokens = 0;
  #atMs = 0;
  #fullMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = 0;
  #windowMs = 0;
  #windowLines = 0;

  constructor(options: ReplayPaceOptions) {
    this.#options = options;
  }

  get #rateMax(): number {
    const { replayRate } = this.#options;
    return replayRate > 0 ? replayRate : Number.POSITIVE_INFINITY;
  }

  /** Lines a second, now. */
  get rate(): number {
    return this.#rate;
  }

  /** Begins again: the connection is new. */
  restart(nowMs: number): void {
    this.#rate = Math.min(FIRST_RATE, this.#rateMax * FIRST_PART);
    this.#tokens = 0;
    this.#atMs = nowMs;
    this.#fullMs = Number.NEGATIVE_INFINITY;
    this.#pausedUntilMs = nowMs;
    this.#windowMs = nowMs;
    this.#windowLines = 0;
  }

  /** Most lines that may be sent now, when `wanted` are there; 0: not yet. */
  allowance(nowMs: number, wanted: number): number {
    this.#refill(nowMs);
    if (nowMs < this.#pausedUntilMs) return 0;
    return this.#tokens >= this.#batch(wanted) ? Math.floor(Math.min(wanted, this.#tokens)) : 0;
  }

  /** How long until `allowance` is worth asking again, ms. */
  waitMs(nowMs: number, wanted: number): number {
    const missing = this.#batch(wanted) - this.#tokens;
    const tokensMs = missing <= 0 ? 0 : (missing / this.#rate) * 1000;
    return Math.max(1, Math.ceil(Math.max(tokensMs, this.#pausedUntilMs - nowMs)));
  }

  /** Notes a write, of the backlog (`replayed`) or not. */
  wrote(nowMs: number, lines: number, durationMs: number, replayed: boolean): void {
    this.#refill(nowMs);
    if (replayed && Number.isFinite(this.#tokens)) this.#tokens -= lines;
    this.#windowLines += lines;
    const elapsedMs = nowMs - this.#windowMs;
    if (durationMs > SOCKET_MS) {
      const took = (this.#windowLines / Math.max(elapsedMs, durationMs)) * 1000;
      this.#rate = Math.min(this.#rate, this.#rateMax, Math.max(RATE_MIN, took * BACK_OFF));
      this.#tokens = Math.min(this.#tokens, this.#burst());
      this.#fullMs = nowMs;
      this.#pausedUntilMs = nowMs + SOCKET_MS;
    }
    if (elapsedMs < WINDOW_MS) return;
    this.#windowMs = nowMs;
    this.#windowLines = 0;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    if (elapsedMs === 0) return;
    this.#atMs = nowMs;
    const growth = nowMs - this.#fullMs < CAREFUL_MS ? CAREFUL_GROWTH : GROWTH;
    const grown = this.#rate * growth ** (elapsedMs / 1000);
    this.#rate = Math.min(this.#rateMax, grown > RATE_MAX ? Number.POSITIVE_INFINITY : grown);
    const more = (this.#rate * elapsedMs) / 1000;
    this.#tokens = Math.min(this.#burst(), this.#tokens + more);
  }

  #burst(): number {
    return Math.max(1, (this.#rate * SOCKET_MS) / 1000);
  }

  /** Tokens that must be there before a piece is sent, so that pieces are not tiny. */
  #batch(wanted: number): number {
    return Math.max(1, Math.min(wanted, this.#burst() / 2));
  }
}
