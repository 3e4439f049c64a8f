// Which lines of a stream are looked at: one of each stratum of N lines in a row, chosen at random, so that no rhythm of a
// sender fools it; each stands for N lines. N follows the traffic so that the number of samples a second stays about the
// same; below that number of lines a second every line is a sample.
import type { Clock } from '../../util/clock.ts';

const SECOND_MS = 1000;

export interface LineSamplerOptions {
  /** Samples a second to aim at. A burst out of silence may cost some ten times as many, once. */
  readonly samplesPerSec: number;
}

/** Chooses samples. */
export class LineSampler {
  readonly #samplesPerSec: number;
  readonly #random: () => number;
  #every = 1;
  /** Lines to let pass before the next sample; the whole of its stratum; lines of the stratum behind the sample. */
  #skip = 0;
  #stratum = 1;
  #behind = 0;
  /** Of the second under way. */
  #secondMs: number;
  #linesInSecond = 0;
  #samplesLeft: number;

  constructor(
    options: LineSamplerOptions,
    dependencies: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly random: () => number },
  ) {
    this.#samplesPerSec = options.samplesPerSec;
    this.#samplesLeft = options.samplesPerSec;
    this.#random = dependencies.random;
    this.#secondMs = dependencies.clock.monotonicMs();
  }

  /** One of so many lines is a sample now. */
  get every(): number {
    return this.#every;
  }

  /**
   * Takes a run of lines at `nowMs` of the monotonic clock; `sample` is called with the number of each chosen one in it, and
   * what it stands for.
   */
  run(lines: number, nowMs: number, sample: (nth: number, weight: number) => void): void {
    if (nowMs - this.#secondMs >= SECOND_MS) this.#endSecond(nowMs);
    this.#linesInSecond += lines;
    let at = this.#skip;
    while (at < lines) {
      sample(at, this.#stratum);
      this.#samplesLeft -= 1;
      if (this.#samplesLeft === 0) {
        this.#every *= 2;
        this.#samplesLeft = this.#samplesPerSec;
      }
      at += 1 + this.#behind;
      this.#begin();
      at += this.#skip;
    }
    this.#skip = at - lines;
  }

  /** Begins a stratum and draws its sample. */
  #begin(): void {
    this.#stratum = this.#every;
    this.#skip = Math.floor(this.#random() * this.#stratum);
    this.#behind = this.#stratum - 1 - this.#skip;
  }

  #endSecond(nowMs: number): void {
    const seconds = (nowMs - this.#secondMs) / SECOND_MS;
    const wanted = Math.ceil(this.#linesInSecond / seconds / this.#samplesPerSec);
    // Down in steps: the next of several bursts must not cost what the first did.
    this.#every = Math.max(1, wanted, Math.floor(this.#every / 2 ** Math.round(seconds)));
    this.#secondMs = nowMs;
    this.#linesInSecond = 0;
    this.#samplesLeft = this.#samplesPerSec;
    // Slow traffic must not wait for the end of a stratum of fast times. Cut anywhere, a stratum counts right in the mean.
    if (this.#every < this.#stratum) this.#begin();
  }
}
