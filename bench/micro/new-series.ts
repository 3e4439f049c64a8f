// What does a series cost that the relay sees for the first time? Lines that are each a new series go through a dispatcher
// under 10 rules, under 1,000 regexes of which each key matches one, and under 1,000 of which the last takes every key.
// Prints microseconds of this thread's CPU time a line, added up stage by stage: the engine with a plan ready, the table,
// the sketches behind /api/series/top. `bin/node bench/micro/new-series.ts [LINES] [rules10|regex1000|regex1000one] [STAGES]`
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import type { Resolve } from '../../src/metric/plan.ts';
import type { Snapshot } from '../../src/table/snapshot.ts';
import { SeriesTop } from '../../src/telemetry/top/series-top.ts';
import { systemClock } from '../../src/util/clock.ts';
import { CHUNK_BYTES, compileTable, LEVELS, makeChunks, TABLES } from './new-series-load.ts';

const LINES = Number(process.argv[2] ?? 300_000);
const STAGES = ['engine', 'table', 'top'] as const;

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
  const snapshot = compileTable(matchers);
  const figures: string[] = [];
  for (const stage of STAGES) {
    if (stages.includes(stage)) figures.push(`${stage} ${(await measure(stage, snapshot)).toFixed(2)}`);
  }
  console.log(`${name}: ${figures.join(', ')} us a new series`);
}
