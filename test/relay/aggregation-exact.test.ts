// From bytes to results: engine, windows and text together, held against an independent computation of every function.
//
//   SLUICE_POINTS=1000000 runs as many points; 10,000 series, 1,000 results a function, windows of 10 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { Aggregation, WINDOW_BOUNDS } from '../../src/relay/aggregation.ts';
import { AGGREGATOR_FUNCTIONS } from '../../src/table/aggregator-options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { type Point, plainResults, ulpsApart } from '../table/aggregator/plain-functions.ts';
import { aggregator } from '../table/table-options.ts';

const POINTS = Number(process.env['SLUICE_POINTS'] ?? 100_000);
const SERIES = 10_000;
const GROUPS = 1000;
const INTERVAL_SEC = 10;
const FUNCTIONS = [...AGGREGATOR_FUNCTIONS, 'p1', 'p66', 'p99', 'p999'] as const;
const EXACT: ReadonlySet<string> = new Set(['percentiles', 'median', 'p1', 'p66', 'p99', 'p999']);
const CHUNK_LINES = 1000;

/** Values as senders write them: whole, with few decimals, with all digits that a double has, with exponents. */
function valueText(i: number): string {
  const value = Math.sin(i * 7.7) * 10 ** ((i % 11) - 4);
  if (i % 4 === 0) return String(Math.round(value * 100));
  if (i % 4 === 1) return value.toFixed(3);
  return i % 4 === 2 ? String(value) : value.toExponential(5);
}

async function makePipeline(clock: FakeClock) {
  const lines: string[] = [];
  const aggregation = new Aggregation(WINDOW_BOUNDS, {
    clock,
    log: silentLog,
    generate: (_outputs, bytes) => {
      for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) lines.push(line);
    },
    afterTurn: (fn) => fn(),
    refreshPlans: () => undefined,
  });
  const options = aggregator({
    matcher: { regex: '^raw\\.g([0-9]+)\\.' },
    outputs: FUNCTIONS.map((name) => ({ function: name, format: `$1.${name}` })),
    intervalSec: INTERVAL_SEC,
    waitSec: 3600,
    dropRaw: true,
  });
  const snapshot = Snapshot.compile(
    { blocklist: [], rewriters: [], aggregators: [options], routes: [] },
    { outputOf: () => 0, slotOf: (a, f, t) => aggregation.slotOf(a, f, t), validateKey: () => undefined },
  );
  aggregation.apply(snapshot);
  const engine = await makeWasmEngine({
    lineBytesMax: 1000,
    chunkBytesMax: 1 << 20,
    maxSeries: 100_000,
    levels: { legacy: 'medium', m20: 'medium' },
    validateOrder: false,
    orderFutureMaxSec: 3600,
  });
  engine.setResolve((key) => snapshot.resolve(key));
  const send = (text: string): void => {
    const outcome = engine.run(new Uint8Array(0), Buffer.from(text), clock.wallMs() / 1000);
    assert.equal(outcome.consumed, outcome.received);
    aggregation.take(outcome.values);
  };
  return { send, lines, aggregation };
}

test(`each function of ${POINTS} points over ${SERIES} series is what plain code computes`, async () => {
  const clock = new FakeClock();
  const { send, lines, aggregation } = await makePipeline(clock);
  const baseSec = Math.floor(clock.wallMs() / 1000) - 100;
  const windows = new Map<string, Point[]>();
  let chunk = '';
  for (let i = 0; i < POINTS; i++) {
    const series = (i * 7919) % SERIES;
    const text = valueText(i);
    const timeSec = baseSec + Math.floor((i / POINTS) * 5 * INTERVAL_SEC);
    chunk += `raw.g${series % GROUPS}.s${series} ${text} ${timeSec}\n`;
    const name = `${series % GROUPS} ${timeSec - (timeSec % INTERVAL_SEC)}`;
    const points = windows.get(name);
    const point = { value: Number(text), timeSec };
    if (points === undefined) windows.set(name, [point]);
    else points.push(point);
    if (i % CHUNK_LINES !== CHUNK_LINES - 1 && i !== POINTS - 1) continue;
    send(chunk);
    chunk = '';
  }
  clock.advance(2 * 3600 * 1000);
  const results = new Map(
    lines.map((line) => {
      const [key = '', value, time] = line.split(' ');
      return [`${key} ${time}`, Number(value)];
    }),
  );
  assert.equal(results.size, lines.length, 'a result came twice');
  let compared = 0;
  for (const [name, points] of windows) {
    const [group = '', start] = name.split(' ');
    for (const fn of FUNCTIONS) {
      for (const [suffix, wanted] of plainResults(fn, points)) {
        const value = results.get(`${group}.${fn}${suffix} ${start}`) ?? Number.NaN;
        const apart = ulpsApart(value, wanted);
        assert.ok(apart <= (EXACT.has(fn) ? 0 : 1), `${group} ${fn}${suffix}: ${value}, not ${wanted}`);
        compared += 1;
      }
    }
  }
  assert.equal(compared, lines.length);
  const [rule] = aggregation.stats.rules;
  assert.deepEqual([rule?.in, rule?.out, rule?.tooOld], [POINTS, lines.length, 0]);
});
