// What does a series cost that the relay sees for the first time? Lines that are each a new series go through a dispatcher
// under 10 rules, under 1,000 regexes of which each key matches one, and under 1,000 of which the last takes every key.
// Prints microseconds of this thread's CPU time a line, added up stage by stage: the engine with a plan ready, the table,
// the sketches behind /api/series/top. `bin/node bench/micro/new-series.ts [LINES] [rules10|regex1000|regex1000one] [STAGES]`
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { validateKey } from '../../src/metric/validate-key.ts';
import type { DestinationOptions } from '../../src/destination/options.ts';
import type { Resolve } from '../../src/metric/plan.ts';
import { HASH_DEFAULTS, type MatcherOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { SeriesTop } from '../../src/telemetry/top/series-top.ts';
import { systemClock } from '../../src/util/clock.ts';
import { newSeriesKey, SERIAL_DIGITS } from '../series-lines.ts';

const LINES = Number(process.argv[2] ?? 300_000);
const CHUNK_BYTES = 64 * 1024;
const SERIES = 10_000;
const LEVELS = { legacy: 'medium', m20: 'medium' } as const;
const STAGES = ['engine', 'table', 'top'] as const;

const TABLES: Readonly<Record<string, readonly MatcherOptions[]>> = {
  rules10: Array.from({ length: 10 }, (_, group) => {
    if (group < 4) return { prefix: `g${group}.` };
    if (group < 7) return { sub: `.app${group}.` };
    return { regex: `^g[0-9]+\\.app${group}\\.host[0-9]{4}\\.cpu[0-9]+\\.` };
  }),
  regex1000: hostRegexes('host'),
  regex1000one: [...hostRegexes('other').slice(1), { regex: '^g[0-9]+\\.app[0-9]+\\.' }],
};

function hostRegexes(word: string): MatcherOptions[] {
  return Array.from({ length: 1000 }, (_, host) => {
    return { regex: `^g[0-9]+\\.app[0-9]+\\.${word}${String(host).padStart(4, '0')}\\.` };
  });
}

function compile(matchers: readonly MatcherOptions[]): Snapshot {
  const destination = { addr: '127.0.0.1:2003' } as DestinationOptions;
  const routes = matchers.map((matcher, index) => ({
    ...HASH_DEFAULTS,
    key: `r${index}`,
    type: 'sendAllMatch' as const,
    matcher,
    stop: false,
    destinations: [destination],
  }));
  return Snapshot.compile(
    { blocklist: [{ prefix: 'blocked.' }], rewriters: [], aggregators: [], routes },
    { outputOf: (route) => route, slotOf: () => 0, validateKey: (key) => validateKey(key, LEVELS) },
  );
}

function makeChunks(lines: number, firstSerial: number): Buffer[] {
  const chunks: Buffer[] = [];
  let text = '';
  for (let i = 0; i < lines; i++) {
    const { start, end } = newSeriesKey(i % SERIES);
    const serial = firstSerial + Math.floor(i / SERIES);
    text += `${start}${String(serial).padStart(SERIAL_DIGITS, '0')}${end} ${(i % 1000) / 10} 1700000000\n`;
    if (text.length < CHUNK_BYTES - 100 && i !== lines - 1) continue;
    chunks.push(Buffer.from(text));
    text = '';
  }
  return chunks;
}

function resolverOf(stage: (typeof STAGES)[number], snapshot: Snapshot, top: SeriesTop): Resolve {
  const plan = { kind: 'route', outputs: [0] } as const;
  if (stage === 'engine') return () => plan;
  if (stage === 'table') return (key) => snapshot.resolve(key);
  return (key, isNew) => {
    const found = snapshot.resolve(key);
    top.resolved(key, isNew, found.kind === 'route' ? found.outputs : []);
    return found;
  };
}

/** The first part of the lines is warm-up: automata and compiled code come to rest. */
async function measure(stage: (typeof STAGES)[number], snapshot: Snapshot): Promise<number> {
  const engine = await makeWasmEngine({
    lineBytesMax: 65_534,
    chunkBytesMax: CHUNK_BYTES,
    maxSeries: 10_000_000,
    levels: LEVELS,
    validateOrder: false,
    orderFutureMaxSec: 86_400,
  });
  const top = new SeriesTop({
    clock: systemClock,
    random: Math.random,
    routeOf: (id) => `r${id}`,
    routeLines: () => new Map(),
  });
  top.setSource('10.0.0.1');
  engine.setResolve(resolverOf(stage, snapshot, top));
  const run = (chunks: readonly Buffer[]): number => {
    const start = process.threadCpuUsage();
    for (const chunk of chunks) engine.run(new Uint8Array(0), chunk, 0);
    const { user, system } = process.threadCpuUsage(start);
    return user + system;
  };
  run(makeChunks(LINES, 1000));
  return run(makeChunks(LINES, 500_000_000)) / LINES;
}

const stages = process.argv[4]?.split(',') ?? STAGES;
for (const [name, matchers] of Object.entries(TABLES)) {
  if (process.argv[3] !== undefined && process.argv[3] !== name) continue;
  const snapshot = compile(matchers);
  const figures: string[] = [];
  for (const stage of STAGES) {
    if (stages.includes(stage)) figures.push(`${stage} ${(await measure(stage, snapshot)).toFixed(2)}`);
  }
  console.log(`${name}: ${figures.join(', ')} us a new series`);
}
