// One aggregator at work: its open buckets by start, and its figures.
//
// A bucket is all windows of a rule with one start. It leaves at the first tick at which start <= now - wait; ticks are at
// the wall times t with (t - wait) mod interval = 0 (crng's clock). With `late = "amend"` a bucket that has left is kept for
// a while, and what came late leaves with the next tick.
import type { AggregatorOptions } from '../options.ts';
import type { Family } from './aggregator.ts';
import { aggregatorKey } from './aggregator-key.ts';
import { needsOf } from './functions.ts';

/** So many intervals after it has left a window can still be amended (carbon keeps five too). */
export const AMEND_INTERVALS = 5;

/** The windows of a rule with one start, in the order in which they were opened. */
export interface Bucket {
  readonly startSec: number;
  first: number;
  last: number;
  count: number;
  /** It has left once; what changes now is late. */
  left: boolean;
  /** Windows that changed since they left. */
  changed: number;
}

/** Totals since the start. */
export interface RuleCounts {
  /** Points that came. */
  in: number;
  /** Lines that left. */
  out: number;
  /** Points that came when their window had left, or would have. */
  tooOld: number;
  /** Points that came late and were taken all the same. */
  amended: number;
  /** Points of keys for which there was no slot or no window left. */
  noRoom: number;
  /** Points further in the future than windows are kept for. */
  tooNew: number;
  /** Points of keys from which the format makes none that can be sent. */
  badKey: number;
}

export class LiveRule {
  /** Names the rule to the typed arrays; reused after the rule is gone. */
  readonly number: number;
  readonly identity: string;
  readonly options: AggregatorOptions;
  readonly key: string;
  readonly families: readonly Family[];
  /** Figures that the windows of each family keep. */
  readonly needs: readonly number[];
  readonly intervalSec: number;
  readonly buckets = new Map<number, Bucket>();
  readonly counts: RuleCounts = {
    in: 0,
    out: 0,
    tooOld: 0,
    amended: 0,
    noRoom: 0,
    tooNew: 0,
    badKey: 0,
  };
  /** Buckets up to this start have left, whatever the clock says now. */
  closedSec = 0;
  nextTickSec: number;
  /** Slots of this rule by family and text. */
  readonly slots: readonly Map<string, number>[];
  /** What stands for a slot when there is none: points that come there are counted. -1: not made yet. */
  noRoomSlot = -1;
  badKeySlot = -1;

  constructor(
    number: number,
    identity: string,
    options: AggregatorOptions,
    families: readonly Family[],
    nowSec: number,
  ) {
    this.number = number;
    this.identity = identity;
    this.options = options;
    this.key = aggregatorKey(options);
    this.families = families;
    this.needs = families.map(({ outputs }) =>
      outputs.reduce((bits, output) => bits | needsOf(output.function), 0),
    );
    this.slots = families.map(() => new Map<string, number>());
    this.intervalSec = options.intervalSec;
    this.nextTickSec = this.tickAfter(nowSec);
  }

  /** The first tick after a time. */
  tickAfter(nowSec: number): number {
    const { intervalSec, waitSec } = this.options;
    return nowSec + intervalSec - modulo(nowSec - waitSec, intervalSec);
  }

  /** Buckets up to this start are due at a time. */
  dueSec(nowSec: number): number {
    return nowSec - this.options.waitSec;
  }

  /** The timestamp that the results of a bucket bear. */
  stampSec(startSec: number): number {
    const { timestamp, intervalSec } = this.options;
    if (timestamp === 'end') return startSec + intervalSec;
    return timestamp === 'middle' ? startSec + Math.floor(intervalSec / 2) : startSec;
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
