// The highest of some figures within the last minute, hour and day, in memory that does not grow. Times are ticks of 1 ms.
// A minute is kept by the second, an hour by the minute, a day by the half hour: "the last minute" is 60 to 61 s long.

/** How far back, in the order of `PEAK_SPANS`. */
export type PeakSpan = 'minute' | 'hour' | 'day';

interface Ring {
  readonly slotTicks: number;
  readonly slots: number;
  /** Which slot of all time a place holds. */
  readonly stamps: Float64Array;
  /** Slot by slot, a figure each. */
  readonly highest: Float64Array;
}

const SPANS: Readonly<Record<PeakSpan, { readonly slotTicks: number; readonly slots: number }>> = {
  minute: { slotTicks: 1000, slots: 60 },
  hour: { slotTicks: 60_000, slots: 60 },
  day: { slotTicks: 1_800_000, slots: 48 },
};

/** Every span, shortest first. */
export const PEAK_SPANS = Object.keys(SPANS) as PeakSpan[];

export class TrafficPeaks {
  readonly #figures: number;
  readonly #rings: Readonly<Record<PeakSpan, Ring>>;
  /** The highest of the second under way. */
  readonly #current: Float64Array;
  #second = 0;

  constructor(figures: number) {
    this.#figures = figures;
    this.#current = new Float64Array(figures);
    this.#rings = {
      minute: makeRing('minute', figures),
      hour: makeRing('hour', figures),
      day: makeRing('day', figures),
    };
  }

  /** Notes a figure at a tick, which never goes back. */
  raise(figure: number, value: number, tick: number): void {
    const second = Math.floor(tick / SPANS.minute.slotTicks);
    if (second !== this.#second) this.#begin(second);
    if (value > (this.#current[figure] ?? 0)) this.#current[figure] = value;
  }

  /** The highest value of a figure within a span before `tick`; 0 when there was none. */
  highest(span: PeakSpan, figure: number, tick: number): number {
    this.#fold();
    const { stamps, highest, slotTicks, slots } = this.#rings[span];
    const oldest = Math.floor(tick / slotTicks) - slots;
    let most = 0;
    for (const [place, stamp] of stamps.entries()) {
      if (stamp >= oldest) most = Math.max(most, highest[place * this.#figures + figure] ?? 0);
    }
    return most;
  }

  #begin(second: number): void {
    this.#fold();
    this.#current.fill(0);
    this.#second = second;
  }

  /** Takes the second under way into the rings; doing so twice changes nothing. */
  #fold(): void {
    for (const span of PEAK_SPANS) {
      const { slotTicks, slots, stamps, highest } = this.#rings[span];
      const slot = Math.floor((this.#second * SPANS.minute.slotTicks) / slotTicks);
      const place = slot % (slots + 1);
      const at = place * this.#figures;
      if (stamps[place] !== slot) {
        stamps[place] = slot;
        highest.fill(0, at, at + this.#figures);
      }
      for (let figure = 0; figure < this.#figures; figure++) {
        highest[at + figure] = Math.max(highest[at + figure] ?? 0, this.#current[figure] ?? 0);
      }
    }
  }
}

function makeRing(span: PeakSpan, figures: number): Ring {
  const { slotTicks, slots } = SPANS[span];
  return {
    slotTicks,
    slots,
    stamps: new Float64Array(slots + 1).fill(Number.NEGATIVE_INFINITY),
    highest: new Float64Array((slots + 1) * figures),
  };
}
