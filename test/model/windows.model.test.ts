// Aggregators against their model: random points in time and out of it, a clock that moves on, tables that change, restarts.
//
//   SLUICE_MODEL_SEED=… replays a run, SLUICE_MODEL_STEPS=… makes it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aggregation, WINDOW_BOUNDS } from '../../src/relay/aggregation.ts';
import { decodeWindows } from '../../src/table/aggregator/window-snapshot.ts';
import type { AggregatorFunction, AggregatorOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { ulpsApart } from '../table/aggregator/plain-functions.ts';
import { aggregator, route } from '../table/table-options.ts';
import { PlainRule, type Result } from './plain-windows.ts';

const SEED = Number(process.env['SLUICE_MODEL_SEED'] ?? 1);
const STEPS = Number(process.env['SLUICE_MODEL_STEPS'] ?? 12_000);
const FUTURE_SEC = 200;
const KEYS = ['a', 'b', 'c', 'dd', 'e.e'];
const FUNCTIONS: AggregatorFunction[] = [
  ...(['sum', 'avg', 'count', 'delta', 'derive', 'last', 'max', 'median', 'min'] as const),
  ...(['p95', 'p999', 'percentiles', 'stdev', 'variance'] as const),
];

/** mulberry32. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Both sides of a run. */
class Run {
  readonly clock = new FakeClock();
  readonly random: (below: number) => number;
  rules: PlainRule[] = [];
  #aggregation: Aggregation;
  #snapshot: Snapshot | undefined;
  #left: string[] = [];
  readonly #turn: (() => void)[] = [];
  expected: Result[] = [];

  constructor(seed: number) {
    this.random = makeRandom(seed);
    this.#aggregation = this.#make();
  }

  get nowSec(): number {
    return Math.floor(this.clock.wallMs() / 1000);
  }

  #make(): Aggregation {
    return new Aggregation(
      { ...WINDOW_BOUNDS, futureMaxSec: FUTURE_SEC },
      {
        clock: this.clock,
        log: silentLog,
        generate: (_outputs, bytes) =>
          this.#left.push(...Buffer.from(bytes).toString('latin1').trimEnd().split('\n')),
        afterTurn: (fn) => void this.#turn.push(fn),
        refreshPlans: () => undefined,
      },
    );
  }

  #randomRule(): AggregatorOptions {
    const { random } = this;
    const intervalSec = 1 + random(12);
    const picked = FUNCTIONS.filter(() => random(5) === 0);
    const names = picked.length === 0 ? (['sum'] as const) : picked;
    const tail = random(3);
    return aggregator({
      matcher: { regex: `^([^;]*)${'$'.repeat(random(2))}` },
      outputs: names.map((name, i) => ({
        function: name,
        format: i % 3 === tail ? `$1.${name}` : `${name}.$1`,
      })),
      intervalSec,
      waitSec: random(3) === 0 ? random(intervalSec) : intervalSec + random(40),
      late: random(2) === 0 ? 'amend' : 'count',
      timestamp: (['start', 'middle', 'end'] as const)[random(3)] ?? 'start',
    });
  }

  /** Takes rules out, adds others, and moves those that stay. */
  changeTable(): void {
    const { random } = this;
    const kept = this.rules.filter(() => random(3) !== 0);
    const gone = this.rules.filter((rule) => !kept.includes(rule));
    for (const rule of gone) this.expected.push(...rule.close());
    const added = Array.from({ length: random(3) }, () => new PlainRule(this.#randomRule(), FUTURE_SEC));
    this.rules = [...added, ...kept].sort(() => random(2) - 0.5);
    this.#apply();
  }

  #apply(): void {
    const aggregators = this.rules.map(({ options }) => options);
    const table = { blocklist: [], rewriters: [], aggregators, routes: [route()] };
    const snapshot = Snapshot.compile(table, {
      outputOf: () => 0,
      slotOf: (a, f, t) => this.#aggregation.slotOf(a, f, t),
      validateKey: () => undefined,
    });
    this.#snapshot = snapshot;
    this.#aggregation.apply(snapshot);
  }

  /** Sends some points, around now, late, and far ahead, in one batch. */
  send(): void {
    const { random } = this;
    const slots: number[] = [];
    const times: number[] = [];
    const numbers: number[] = [];
    for (let i = random(20); i >= 0; i--) {
      const key = KEYS[random(KEYS.length)] ?? '';
      const spread = random(10) === 0 ? 500 : 30;
      const timeSec = this.nowSec - random(spread) + random(random(4) === 0 ? spread : 5);
      const value = (random(2001) - 1000) / 10 ** random(4);
      for (const rule of this.rules) rule.send(key, { value, timeSec }, this.nowSec);
      for (const slot of this.#snapshot?.resolve(Buffer.from(key)).values ?? []) {
        slots.push(slot);
        times.push(timeSec);
        numbers.push(value);
      }
    }
    this.#aggregation.take({
      count: slots.length,
      slots: Uint32Array.from(slots),
      times: Uint32Array.from(times),
      numbers: Float64Array.from(numbers),
    });
  }

  /** Lets time pass, mostly little. */
  pass(): void {
    const { random } = this;
    const untilMs = this.clock.nowMs + (random(20) === 0 ? random(120_000) : random(4000));
    const before = this.nowSec;
    this.clock.advance(untilMs - this.clock.nowMs);
    for (let sec = before + 1; sec <= this.nowSec; sec++) {
      for (const rule of this.rules) this.expected.push(...rule.tick(sec));
    }
  }

  /** Saves, and goes on in another process. */
  restart(): void {
    const bytes = Buffer.concat([...this.#aggregation.save()]);
    this.#aggregation = this.#make();
    this.#apply();
    const loaded = decodeWindows(bytes);
    assert.equal(loaded.damage, undefined);
    assert.deepEqual(this.#aggregation.restore(loaded), { restored: loaded.expected, left: 0 });
    for (const rule of this.rules) {
      rule.tooOld = 0;
      rule.tooNew = 0;
      rule.amended = 0;
    }
  }

  /** Compares what left, and what is counted. */
  check(): void {
    while (this.#turn.length > 0) this.#turn.shift()?.();
    const left = this.#left.splice(0).map((line): Result => {
      const [key = '', value, time] = line.split(' ');
      return [key, Number(value), Number(time)];
    });
    const order = (a: Result, b: Result): number =>
      a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[2] - b[2] || a[1] - b[1];
    left.sort(order);
    const expected = this.expected.splice(0).sort(order);
    assert.deepEqual(
      left.map(([key, , time]) => [key, time]),
      expected.map(([key, , time]) => [key, time]),
    );
    for (const [index, [key, value]] of left.entries()) {
      const wanted = expected[index]?.[1] as number;
      assert.ok(ulpsApart(value, wanted) <= 1, `${key}: ${value}, not ${wanted}`);
    }
    const counts = this.#aggregation.stats.rules.map(({ tooOld, tooNew, amended, open, waiting }) => {
      return { tooOld, tooNew, amended, open, waiting };
    });
    const families = this.#snapshot?.aggregators.map((rule) => rule.families.length) ?? [];
    const wanted = this.rules.map(({ tooOld, tooNew, amended, open }, rule) => {
      const times = families[rule] ?? 0;
      return {
        tooOld: tooOld * times,
        tooNew: tooNew * times,
        amended: amended * times,
        open: open * times,
      };
    });
    assert.deepEqual(
      counts.map(({ waiting: _waiting, ...rest }) => rest),
      wanted,
    );
  }
}

test(`windows do what their model does (seed ${SEED}, ${STEPS} steps)`, () => {
  const run = new Run(SEED);
  const seen = { send: 0, pass: 0, restart: 0, change: 0, results: 0 };
  for (let step = 0; step < STEPS; step++) {
    const choice = run.random(100);
    if (choice < 60) run.send();
    else if (choice < 97) run.pass();
    else if (choice < 99) run.changeTable();
    else run.restart();
    seen[choice < 60 ? 'send' : choice < 97 ? 'pass' : choice < 99 ? 'change' : 'restart'] += 1;
    seen.results += run.expected.length;
    run.check();
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `no ${what}`);
});
