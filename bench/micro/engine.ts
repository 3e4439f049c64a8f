// How many lines a second the engine alone takes: scan, validation, hash, lookup with key compare, and copy to one
// output. Prints the cold pass (every line a new series), then known series, and bytes of memory per series.
// Usage: bin/node bench/micro/engine.ts [SERIES ...]     (default 10000 and 4000000)
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';

const CHUNK_BYTES = 64 * 1024;
const NO_CARRY = new Uint8Array(0);
const ROUNDS = 5;

/** Chunks of lines of 60 to 70 bytes with 45-byte keys, in an order that does not help the cache. */
function makeChunks(series: number): Buffer[] {
  const count = Math.max(series, 200_000);
  const chunks: Buffer[] = [];
  let text = '';
  for (let i = 0; i < count; i++) {
    const id = (i * 1_000_003) % series;
    const line = `servers.host${String(id).padStart(8, '0')}.cpu.user.percent.value ${(i % 1000) / 10} ${1_700_000_000 + i}\n`;
    if (text.length + line.length > CHUNK_BYTES) {
      chunks.push(Buffer.from(text));
      text = '';
    }
    text += line;
  }
  chunks.push(Buffer.from(text));
  return chunks;
}

async function measure(series: number): Promise<void> {
  const chunks = makeChunks(series);
  const engine = await makeWasmEngine({
    lineBytesMax: 65_534,
    chunkBytesMax: CHUNK_BYTES,
    maxSeries: 10_000_000,
    levels: { legacy: 'medium', m20: 'medium' },
    validateOrder: false,
    orderFutureMaxSec: 86_400,
  });
  engine.setResolve(() => ({ kind: 'route', outputs: [0] }));
  const pass = () => {
    let lines = 0;
    for (const chunk of chunks) lines += engine.run(NO_CARRY, chunk, 0).emits[0]?.lines ?? 0;
    return lines;
  };
  const coldStart = process.cpuUsage();
  const lines = pass();
  const cold = process.cpuUsage(coldStart);
  console.log(`${series} series: cold ${(cold.user / lines).toFixed(3)} us of CPU a line`);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    let done = 0;
    while (done < 4_000_000) done += pass();
    rates.push(done / process.cpuUsage(start).user);
  }
  rates.sort((a, b) => a - b);
  const shown = rates.map((rate) => rate.toFixed(1)).join(' ');
  console.log(`  known: ${shown} M lines per CPU second`);
  const { series: known, memoryBytes } = engine.stats();
  console.log(`  ${known} series known, ${(memoryBytes / known).toFixed(0)} bytes of memory a series`);
}

const asked = process.argv.slice(2).map(Number);
for (const series of asked.length > 0 ? asked : [10_000, 4_000_000]) await measure(series);
