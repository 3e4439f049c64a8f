// Aggregators at work: values from the engine into windows, and closed windows back into the table as lines.
//
//   take ──▶ windows ──tick──▶ closed windows ──▶ key, value, timestamp ──▶ routes ──▶ dispatcher.generate
//
// A tick may close hundreds of thousands of windows: they leave in portions, one a turn of the event loop, so that reading
// and writing go on. A rule that a new table has unchanged keeps its windows; those of one that is gone leave at once.
import { Aggregator, type FamilyOutput } from '../table/aggregator/aggregator.ts';
import { computeFunction } from '../table/aggregator/functions.ts';
import { LiveRule } from '../table/aggregator/live-rule.ts';
import { ReceivedRange } from '../table/aggregator/received-range.ts';
import { renderValue } from '../table/aggregator/render-value.ts';
import type { Slot } from '../table/aggregator/slot-table.ts';
import {
  type ClosedWindow,
  type ValueBatch,
  Windows,
  type WindowsOptions,
} from '../table/aggregator/windows.ts';
import { encodeWindows, type LoadedWindows } from '../table/aggregator/window-snapshot.ts';
import { KeyText } from '../table/key-text.ts';
import type { AggregatorOptions } from '../table/options.ts';
import { PatternCache } from '../table/pattern-cache.ts';
import type { Snapshot } from '../table/snapshot.ts';
import type { AggregationStats } from '../telemetry/relay-view.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

/** Bounds of the windows of one relay. */
export const WINDOW_BOUNDS: WindowsOptions = {
  slotsMax: 500_000,
  windowsMax: 1_000_000,
  valuesMax: 16 * 1024 * 1024,
  futureMaxSec: 86_400,
};
/** Lines that leave in one turn: some 10 ms where each must first find its way. */
const LINES_PER_TURN = 1024;
/** The clock is looked at this often, since it may be set, ms. */
const LOOK_MS_MAX = 1000;
/** Slots that nothing came for are looked for this often, ms; at once and then as often while keys find none. */
const SWEEP_MS = 600_000;
const SWEEP_WANTING_MS = 60_000;
/** Plans are made anew for the sake of freed slots only when so many are idle. */
const SWEEP_SLOTS_MIN = 65_536;

export interface AggregationDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Takes lines for outputs; none: unroutable. */
  readonly generate: (outputs: readonly number[], bytes: Uint8Array, lines: number) => void;
  /** Runs a function when this turn is over. */
  readonly afterTurn: (fn: () => void) => void;
  /** Makes the engine forget all plans, so that no plan names a slot that was taken back. */
  readonly refreshPlans: () => void;
}

/** How many windows a restart brought back, and how many of them left at once because their rule is gone. */
export interface RestoredWindows {
  readonly restored: number;
  readonly left: number;
}

/** Lines on their way to the same outputs. */
interface Gathered {
  readonly outputs: readonly number[];
  text: string;
  lines: number;
}

/** A result's key with the space behind it, and where it goes. */
interface Way {
  readonly head: string;
  readonly gathered: Gathered;
}

/** Windows that leave one after the other, and what is to be done when they have. */
interface Departure {
  readonly windows: Iterator<ClosedWindow>;
  readonly done?: () => void;
}

export class Aggregation {
  readonly windows: Windows;
  readonly #received = new ReceivedRange();
  readonly #deps: AggregationDependencies;
  /** By their place in the table. */
  #rules: readonly LiveRule[] = [];
  #snapshot: Snapshot | undefined;
  readonly #departures: Departure[] = [];
  readonly #due: Gathered[] = [];
  #gathered = new Map<string, Gathered>();
  #ways = new WeakMap<Slot, (Way | undefined)[][]>();
  #isLeaving = false;
  #cancelLook: (() => void) | undefined;
  #sweptMs: number;

  constructor(options: WindowsOptions, dependencies: AggregationDependencies) {
    this.windows = new Windows(options);
    this.#deps = dependencies;
    this.#sweptMs = dependencies.clock.monotonicMs();
  }

  /** Takes the aggregators of a table that is in force from now on. */
  apply(snapshot: Snapshot): void {
    const nowSec = this.#nowSec();
    const before = new Map(this.#rules.map((rule) => [rule.identity, rule]));
    const rules: LiveRule[] = [];
    const seen = new Set<string>();
    for (const { options, families } of snapshot.aggregators) {
      const identity = uniqueIdentity(options, seen);
      const known = before.get(identity);
      const rule = known ?? new LiveRule(this.windows.freeRule, identity, options, families, nowSec);
      if (known === undefined) this.windows.addRule(rule);
      before.delete(identity);
      rules.push(rule);
    }
    this.#rules = rules;
    this.#snapshot = snapshot;
    this.#gathered = new Map();
    this.#ways = new WeakMap();
    for (const gone of before.values()) this.#retire(gone);
    this.#look();
  }

  /** The slot for what a family of an aggregator makes of a key; undefined: it makes none that can be sent. */
  slotOf(aggregatorIndex: number, familyIndex: number, text: string | undefined): number {
    const rule = this.#rules[aggregatorIndex] as LiveRule;
    return text === undefined ? this.windows.badKeySlot(rule) : this.windows.slotOf(rule, familyIndex, text);
  }

  /** Takes the values of a run. */
  take(values: ValueBatch): void {
    const nowSec = this.#nowSec();
    this.#received.take(values, nowSec);
    this.windows.take(values, nowSec);
  }

  /** The figures of all aggregators, in the order of the table. */
  get stats(): AggregationStats {
    const { slots, valuesRefused } = this.windows.stats;
    const rules = this.#rules.map((rule) => ({
      ...this.windows.readCounts(rule),
      key: rule.key,
      functions: rule.options.outputs.map((output) => output.function),
      open: this.windows.open(rule),
      waiting: this.windows.waiting(rule),
    }));
    return { rules, keys: slots, receivedRange: this.#received.read(this.#nowSec()), valuesRefused };
  }

  /** Lets no more windows leave by the clock. */
  stop(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  /** Lets all windows leave now, whatever their time is. */
  flush(): void {
    for (const rule of this.#rules) {
      this.#departures.push({ windows: this.windows.due(rule, Number.POSITIVE_INFINITY) });
    }
    this.#finishLeaving();
  }

  /** Lets what is due leave, and renders all other windows for the next start. Nothing may come in any more. */
  save(): Iterable<Buffer> {
    this.#look();
    this.stop();
    this.#finishLeaving();
    const rules = this.#rules.map((rule) => ({
      identity: rule.identity,
      options: rule.options,
      closedSec: rule.closedSec,
      windows: this.windows.saved(rule),
    }));
    return encodeWindows(rules, this.windows.stats.windows, this.#deps.clock.wallMs());
  }

  /** Takes windows that another run saved. Those of rules that the table does not have leave now. */
  restore({ rules, windows }: LoadedWindows): RestoredWindows {
    const nowSec = this.#nowSec();
    const known = new Map(this.#rules.map((rule) => [rule.identity, rule]));
    const gone: LiveRule[] = [];
    const owners = rules.map(({ identity, options, closedSec }) => {
      const rule = known.get(identity) ?? this.#makeGone(identity, options, nowSec);
      if (!known.has(identity)) gone.push(rule);
      rule.closedSec = closedSec;
      return rule;
    });
    let restored = 0;
    for (const [index, window] of windows) {
      if (this.windows.restore(owners[index] as LiveRule, window)) restored += 1;
    }
    const left = gone.reduce((sum, rule) => sum + this.windows.open(rule), 0);
    for (const rule of gone) this.#retire(rule);
    return { restored, left };
  }

  #makeGone(identity: string, options: AggregatorOptions, nowSec: number): LiveRule {
    const { families } = new Aggregator(options, 'saved aggregation', new PatternCache());
    const rule = new LiveRule(this.windows.freeRule, identity, options, families, nowSec);
    this.windows.addRule(rule);
    return rule;
  }

  /** Lets the windows of a rule leave, and forgets it. */
  #retire(rule: LiveRule): void {
    const windows = this.windows.due(rule, Number.POSITIVE_INFINITY);
    this.#leave({ windows, done: () => this.windows.removeRule(rule) });
  }

  #finishLeaving(): void {
    while (this.#departures.length > 0) this.#sendPortion();
  }

  #nowSec(): number {
    return Math.floor(this.#deps.clock.wallMs() / 1000);
  }

  /** Lets windows leave whose time has come, and looks again at the next tick. */
  #look(): void {
    this.stop();
    if (this.#rules.length === 0) return;
    const nowSec = this.#nowSec();
    let nextSec = Number.POSITIVE_INFINITY;
    for (const rule of this.#rules) {
      const isDue = rule.nextTickSec <= nowSec;
      if (isDue) this.#leave({ windows: this.windows.due(rule, rule.dueSec(nowSec)) });
      // The second: the clock was set back.
      if (isDue || rule.nextTickSec - nowSec > rule.intervalSec) rule.nextTickSec = rule.tickAfter(nowSec);
      nextSec = Math.min(nextSec, rule.nextTickSec);
    }
    this.#sweepIfIdle();
    const { clock } = this.#deps;
    const delayMs = Math.max(1, Math.min(LOOK_MS_MAX, nextSec * 1000 - clock.wallMs()));
    this.#cancelLook = clock.after(delayMs, () => this.#look());
  }

  #leave(departure: Departure): void {
    this.#departures.push(departure);
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#goOn();
  }

  #goOn(): void {
    this.#sendPortion();
    this.#isLeaving = this.#departures.length > 0;
    if (this.#isLeaving) this.#deps.afterTurn(() => this.#goOn());
  }

  /** Sends up to LINES_PER_TURN lines. */
  #sendPortion(): void {
    let lines = 0;
    while (lines < LINES_PER_TURN) {
      const [departure] = this.#departures;
      if (departure === undefined) break;
      const next = departure.windows.next();
      if (next.done === true) {
        this.#departures.shift();
        departure.done?.();
      } else {
        lines += this.#write(next.value);
      }
    }
    for (const gathered of this.#due) {
      this.#deps.generate(gathered.outputs, Buffer.from(gathered.text, 'latin1'), gathered.lines);
      gathered.text = '';
      gathered.lines = 0;
    }
    this.#due.length = 0;
  }

  /** Writes the lines of a window; returns how many. */
  #write({ rule, slot, startSec, figures }: ClosedWindow): number {
    let lines = 0;
    const tail = ` ${rule.stampSec(startSec)}\n`;
    const { outputs } = rule.families[slot.family] ?? { outputs: [] };
    for (const [index, output] of outputs.entries()) {
      for (const [nth, { suffix, value }] of computeFunction(output.function, figures).entries()) {
        const { head, gathered } = this.#wayOf(slot, index, nth, output, suffix);
        if (gathered.lines === 0) this.#due.push(gathered);
        gathered.text += head + renderValue(value) + tail;
        gathered.lines += 1;
        lines += 1;
      }
    }
    rule.counts.out += lines;
    return lines;
  }

  /** Finds where a result goes: resolved once for a slot and a table. */
  #wayOf(slot: Slot, index: number, nth: number, output: FamilyOutput, suffix: string): Way {
    let ways = this.#ways.get(slot);
    if (ways === undefined) this.#ways.set(slot, (ways = []));
    const results = (ways[index] ??= []);
    return (results[nth] ??= this.#makeWay(output.before + slot.text + output.after + suffix));
  }

  #makeWay(key: string): Way {
    const outputs = this.#snapshot?.route(KeyText.fromByteString(key)) ?? [];
    const name = outputs.join();
    let gathered = this.#gathered.get(name);
    if (gathered === undefined) this.#gathered.set(name, (gathered = { outputs, text: '', lines: 0 }));
    return { head: `${key} `, gathered };
  }

  #sweepIfIdle(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const { wanting, stats } = this.windows;
    if (nowMs - this.#sweptMs < (wanting ? SWEEP_WANTING_MS : SWEEP_MS)) return;
    if (!wanting && stats.slots < SWEEP_SLOTS_MIN) return;
    this.#sweptMs = nowMs;
    const freed = this.windows.sweep();
    if (freed === 0) return;
    this.#deps.refreshPlans();
    this.#deps.log.debug(`${freed} keys of aggregators for which nothing came any more were forgotten`);
  }
}

/** Names an aggregator by all that makes a difference to its windows; what becomes of the raw metric does not. */
function uniqueIdentity(options: AggregatorOptions, seen: Set<string>): string {
  const { matcher, outputs, intervalSec, waitSec, late, timestamp } = options;
  const conditions = Object.entries(matcher).filter(([, value]) => value !== '' && value?.length !== 0);
  conditions.sort(([a], [b]) => (a < b ? -1 : 1));
  const results = outputs.map((output) => [output.function, output.format]);
  const identity = JSON.stringify([conditions, results, intervalSec, waitSec, late, timestamp]);
  let nth = 0;
  while (seen.has(`${identity}#${nth}`)) nth += 1;
  seen.add(`${identity}#${nth}`);
  return `${identity}#${nth}`;
}
