// The parts of the hot path that the guard times one by one, in this process. Each probe does a fixed piece of work, and
// throws when something of it is missing at the end.
import { PickleEncoder } from '../../src/destination/pickle/pickle-encoder.ts';
import { LineQueue } from '../../src/destination/queue/line-queue.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { PickleDecoder } from '../../src/input/pickle/decoder.ts';
import { LiveRule } from '../../src/table/aggregator/live-rule.ts';
import { Windows } from '../../src/table/aggregator/windows.ts';
import type { MatcherOptions, TableOptions } from '../../src/table/options.ts';
import { compileTable, cutChunks, makeDataPath, makeRoute } from '../data-path.ts';
import { makeSpoolProbe } from './spool-probe.ts';

/** One part of the hot path. */
export interface Probe {
  readonly name: string;
  /** Lines, keys or values of one `run`. */
  readonly units: number;
  run(): void | Promise<void>;
}

const TIMESTAMP = 1_700_000_000;

/** Makes all probes. */
export async function makeProbes(): Promise<readonly Probe[]> {
  return [
    await makeEngineProbe('engine, scan', { series: 500, lines: 300_000, isRouted: false }),
    await makeEngineProbe('engine, lookup', { series: 20_000, lines: 200_000, isRouted: false }),
    await makeEngineProbe('engine, emit', { series: 500, lines: 200_000, isRouted: true }),
    makeResolveProbe('resolve under 10 rules', 10, 6000),
    makeResolveProbe('resolve under 1,000 rules', 1000, 4000),
    makeAggregatorProbe(),
    makePickleProbe(),
    makeQueueProbe(),
    await makeSpoolProbe(),
  ];
}

interface EngineLoad {
  readonly series: number;
  readonly lines: number;
  /** All lines to one output and each second one to three others, so that no run of neighbours has one plan. */
  readonly isRouted: boolean;
}

function lineOf(id: number, nth: number): string {
  const host = String(id).padStart(8, '0');
  return `servers.host${host}.cpu.user.percent.value ${(nth % 1000) / 10} ${TIMESTAMP + (nth % 60)}\n`;
}

async function makeEngineProbe(name: string, load: EngineLoad): Promise<Probe> {
  const { series, lines, isRouted } = load;
  const routes = isRouted ? [makeRoute('all', {}), makeRoute('odd', { regex: '[13579]\\.cpu' }, 3)] : [];
  const path = await makeDataPath({ routes }, 1_000_000);
  const text = Array.from({ length: lines }, (_, nth) => lineOf((nth * 1_000_003) % series, nth)).join('');
  const chunks = cutChunks(text);
  return {
    name,
    units: lines,
    run: () => {
      const unroutable = path.counts.dropped.unroutable;
      path.delivered.lines = 0;
      for (const chunk of chunks) path.sink.write(chunk);
      const ended = path.counts.dropped.unroutable - unroutable;
      expect(name, ended, isRouted ? 0 : lines);
      expect(name, path.delivered.lines, isRouted ? lines + (lines / 2) * 3 : 0);
    },
  };
}

/** A table of prefixes, substrings and regexes in equal parts. */
export function mixedRules(count: number): TableOptions['routes'] {
  return Array.from({ length: count }, (_, i) => makeRoute(`r${i}`, mixedMatcher(i)));
}

function mixedMatcher(i: number): MatcherOptions {
  if (i % 3 === 0) return { prefix: `servers.host${i}.` };
  if (i % 3 === 1) return { sub: `.app${i}.` };
  return { regex: `^servers\\.host[0-9]+\\.app${i}\\.(cpu|disk)[0-9]+\\.` };
}

function makeResolveProbe(name: string, rules: number, keys: number): Probe {
  const snapshot = compileTable({ routes: mixedRules(rules) });
  let next = 0;
  return {
    name,
    units: keys,
    run: () => {
      let matched = 0;
      for (let i = 0; i < keys; i++) {
        const id = next++;
        const key = `servers.host${id % 100_000}.app${id % rules}.cpu${id % 97}.s${id}`;
        if (snapshot.resolve(Buffer.from(key, 'latin1')).kind === 'route') matched++;
      }
      // Two of three rules name the middle of the keys.
      if (matched < keys / 2) throw new Error(`${name}: ${matched} of ${keys} keys found their route`);
    },
  };
}

function makeAggregatorProbe(): Probe {
  const SLOTS = 1000;
  const BATCH = 2000;
  const BATCHES = 200;
  const output = { function: 'sum', format: '$1' } as const;
  const windows = new Windows({ slotsMax: 2000, windowsMax: 4000, valuesMax: 1000, futureMaxSec: 3600 });
  const { aggregators } = compileTable({
    aggregators: [
      {
        matcher: { regex: '^(.*)$' },
        outputs: [output, { ...output, function: 'max' }],
        intervalSec: 10,
        waitSec: 20,
        dropRaw: true,
        cache: true,
        late: 'count',
        timestamp: 'start',
      },
    ],
  });
  const [aggregator] = aggregators;
  if (aggregator === undefined) throw new Error('no aggregator');
  const rule = new LiveRule(0, 'rule', aggregator.options, aggregator.families, TIMESTAMP);
  windows.addRule(rule);
  const slots = Array.from({ length: SLOTS }, (_, i) => windows.slotOf(rule, 0, `result${i}`));
  const batch = {
    count: BATCH,
    slots: Uint32Array.from({ length: BATCH }, (_, i) => slots[(i * 7919) % SLOTS] ?? 0),
    times: Uint32Array.from({ length: BATCH }, (_, i) => TIMESTAMP + (i % 10)),
    numbers: Float64Array.from({ length: BATCH }, (_, i) => i / 10),
  };
  return {
    name: 'aggregator, add',
    units: BATCH * BATCHES,
    run: () => {
      windows.readCounts(rule);
      const before = rule.counts.in;
      for (let i = 0; i < BATCHES; i++) windows.take(batch, TIMESTAMP);
      windows.readCounts(rule);
      expect('aggregator, add', rule.counts.in - before, BATCH * BATCHES);
      expect('aggregator, add', windows.stats.windows, SLOTS);
    },
  };
}

function makePickleProbe(): Probe {
  const METRICS = 60_000;
  const lines = Buffer.from(Array.from({ length: METRICS }, (_, i) => lineOf(i % 5000, i)).join(''));
  const frames = Buffer.from(new PickleEncoder().encode(lines));
  const decoder = new PickleDecoder({ lineBytesMax: 65_535, sharedBytes: 256 * 1024 });
  return {
    name: 'pickle, decode',
    units: METRICS,
    run: () => {
      let bytes = 0;
      for (let at = 0; at < frames.length; ) {
        const length = frames.readUInt32BE(at);
        const decoded = decoder.decode(frames.subarray(at + 4, at + 4 + length));
        if (!decoded.ok) throw new Error(decoded.fault);
        bytes += decoded.lines.length;
        at += 4 + length;
      }
      expect('pickle, decode', bytes, lines.length);
    },
  };
}

function makeQueueProbe(): Probe {
  const PUSHES = 1500;
  const LINES = 500;
  const options = { writeBytesMax: 256 * 1024, redoBytes: 8 << 20, redoAgeMs: 1000 };
  const queue = new LineQueue(options, { pool: new SlabPool(), budget: new QueueBudget() });
  const piece = Buffer.from(Array.from({ length: LINES }, (_, i) => lineOf(i, i)).join(''));
  return {
    name: 'queue, push and take',
    units: PUSHES * LINES,
    run: () => {
      let written = 0;
      for (let i = 0; i < PUSHES; i++) {
        queue.append(piece, LINES, i);
        if (i % 8 !== 7) continue;
        while (queue.take() !== undefined) written += queue.complete(i).lines;
      }
      while (queue.take() !== undefined) written += queue.complete(PUSHES).lines;
      expect('queue', written, PUSHES * LINES);
      expect('queue', queue.lines, 0);
    },
  };
}

function expect(name: string, got: number, wanted: number): void {
  if (got !== wanted) throw new Error(`${name}: ${got} where ${wanted} should be`);
}
