// Which timestamps the points of aggregators carry, second by second: how late, or early, senders are.
import type { TimestampRange } from '../../telemetry/relay-view.ts';

/** Keeps the range of this second and of the one before. */
export class ReceivedRange {
  #secondSec = 0;
  #minSec = Number.POSITIVE_INFINITY;
  #maxSec = 0;
  #before: TimestampRange | undefined;

  /** Takes the timestamps of a run. */
  take({ count, times }: { readonly count: number; readonly times: Uint32Array }, nowSec: number): void {
    this.#turn(nowSec);
    let min = this.#minSec;
    let max = this.#maxSec;
    for (let i = 0; i < count; i += 1) {
      const time = times[i] as number;
      if (time < min) min = time;
      if (time > max) max = time;
    }
    this.#minSec = min;
    this.#maxSec = max;
  }

  /** The range of the last second in which something came and that is not older than the one before this. */
  read(nowSec: number): TimestampRange | undefined {
    this.#turn(nowSec);
    return this.#before ?? this.#now;
  }

  get #now(): TimestampRange | undefined {
    return this.#maxSec === 0 ? undefined : { minSec: this.#minSec, maxSec: this.#maxSec };
  }

  #turn(nowSec: number): void {
    if (nowSec === this.#secondSec) return;
    this.#before = nowSec === this.#secondSec + 1 ? this.#now : undefined;
    this.#secondSec = nowSec;
    this.#minSec = Number.POSITIVE_INFINITY;
    this.#maxSec = 0;
  }
}
