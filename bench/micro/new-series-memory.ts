// Does memory stay flat while series come and go? 20 M lines that are each a new series go through an engine that remembers
// 1 M, under 10 rules and with the sketches of /api/series/top; prints what the process holds after each 2 M.
// `bin/node bench/micro/new-series-memory.ts [LINES] [MAX_SERIES]`
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { SeriesTop } from '../../src/telemetry/top/series-top.ts';
import { systemClock } from '../../src/util/clock.ts';
import { CHUNK_BYTES, compileTable, LEVELS, makeChunks, TABLES } from './new-series-load.ts';

const LINES = Number(process.argv[2] ?? 20_000_000);
const MAX_SERIES = Number(process.argv[3] ?? 1_000_000);
const STEP = 100_000;
const SHOWN = 2_000_000;
const MIB = 1024 * 1024;

const engine = await makeWasmEngine({
  lineBytesMax: 65_534,
  chunkBytesMax: CHUNK_BYTES,
  maxSeries: MAX_SERIES,
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
const snapshot = compileTable(TABLES.rules10 ?? []);
engine.setResolve((key, isNew) => {
  const plan = snapshot.resolve(key);
  top.resolved(key, isNew, plan.kind === 'route' ? plan.outputs : []);
  return plan;
});
const nothing = new Uint8Array(0);
let lines = 0;
for (let done = 0; done < LINES; done += STEP) {
  for (const chunk of makeChunks(STEP, done)) lines += engine.run(nothing, chunk, 0).received;
  if (lines % SHOWN !== 0) continue;
  const { series, forgotten, memoryBytes } = engine.stats();
  const { rss, heapUsed } = process.memoryUsage();
  console.log(
    `${lines / 1e6} M lines: ${series} series known, ${forgotten} forgotten, ` +
      `engine ${(memoryBytes / MIB).toFixed(0)} MiB, RSS ${(rss / MIB).toFixed(0)} MiB, heap ${(heapUsed / MIB).toFixed(0)} MiB`,
  );
}
