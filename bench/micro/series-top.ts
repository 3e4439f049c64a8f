// What do the sketches behind /api/series/top cost? Chunks of known series go through a dispatcher with them and one without
// them, in turns; prints CPU microseconds per 1,000 lines of each and the medians' ratio, for full chunks and for reads of one
// line, then what a series costs that the relay sees for the first time.
// Usage: bin/node bench/micro/series-top.ts [ROUNDS]
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import type { LineSink } from '../../src/input/dispatcher.ts';
import { LineDispatcher } from '../../src/relay/dispatcher.ts';
import { RunBooks } from '../../src/relay/run-books.ts';
import { makeRelayCounts } from '../../src/telemetry/ledger.ts';
import { SeriesTop } from '../../src/telemetry/top/series-top.ts';
import { systemClock } from '../../src/util/clock.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const CHUNK_BYTES = 64 * 1024;
const SERIES = 10_000;
const NOWHERE = { setSource: () => {}, ran: () => {} };

function line(i: number): string {
  const id = String((i * 1_000_003) % SERIES).padStart(8, '0');
  return `servers.host${id}.cpu.user.percent.value ${(i % 1000) / 10} ${1_700_000_000 + i}\n`;
}

async function makePath(withTop: boolean): Promise<LineSink> {
  const chunkBytesMax = CHUNK_BYTES;
  const engine = await makeWasmEngine({
    lineBytesMax: 65_534,
    chunkBytesMax,
    maxSeries: 10_000_000,
    levels: { legacy: 'medium', m20: 'medium' },
    validateOrder: false,
    orderFutureMaxSec: 86_400,
  });
  const top = new SeriesTop({
    clock: systemClock,
    random: Math.random,
    routeOf: () => 'all',
    routeLines: () => new Map(),
  });
  engine.setResolve((key, isNew) => {
    if (withTop) top.resolved(key, isNew, [0]);
    return { kind: 'route', outputs: [0] };
  });
  const counts = makeRelayCounts();
  const runBooks = new RunBooks(counts);
  const output = {
    push: (_bytes: Uint8Array, lines: number) => {
      runBooks.entered(lines);
      return true;
    },
    whenWritable: (callback: () => void) => callback(),
  };
  const dispatcher = new LineDispatcher(
    { chunkBytesMax, lineBytesMax: 65_534 },
    {
      engine,
      counts,
      runBooks,
      clock: systemClock,
      outputOf: () => output,
      share: () => undefined,
      takeValues: () => {},
      isMemoryShort: () => false,
      noteBadLine: () => {},
      countBadLines: () => {},
      top: withTop ? top : NOWHERE,
      tail: { isWatched: false, ran: () => undefined, generated: () => undefined },
      noteInput: () => {},
      noteConnection: () => {},
      isTurnLong: () => false,
      afterTurn: () => {},
    },
  );
  return dispatcher.open(
    '10.0.0.1:5',
    () => {},
    () => {},
  );
}

/** CPU microseconds per 1,000 lines of so many writes. */
function measure(sink: LineSink, chunks: readonly Buffer[], lines: number, times: number): number {
  const start = process.threadCpuUsage();
  for (let time = 0; time < times; time++) {
    for (const chunk of chunks) sink.write(chunk);
  }
  const { user, system } = process.threadCpuUsage(start);
  return ((user + system) * 1000) / (lines * times);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function compare(name: string, chunks: readonly Buffer[], lines: number, times: number): Promise<void> {
  const paths = [await makePath(false), await makePath(true)] as const;
  const figures: [number[], number[]] = [[], []];
  for (const path of paths) measure(path, chunks, lines, times);
  for (let round = 0; round < ROUNDS; round++) {
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      figures[which].push(measure(paths[which], chunks, lines, times));
    }
  }
  const [without, within] = figures.map(median) as [number, number];
  console.log(
    `${name}: ${without.toFixed(1)} us per 1,000 lines without, ${within.toFixed(1)} with, ${(within / without).toFixed(3)}`,
  );
}

const text = Array.from({ length: 200_000 }, (_, i) => line(i)).join('');
const chunks: Buffer[] = [];
const bytes = Buffer.from(text);
for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
await compare('full chunks', chunks, 200_000, 200);
const single = Array.from({ length: 200_000 }, (_, i) => Buffer.from(line(i)));
await compare('one line a read', single, 200_000, 15);

const cold = Buffer.from(
  Array.from({ length: 300_000 }, (_, i) => `servers.dc${i % 7}.host${i % 5000}.disk${i}.used 1 2\n`).join(
    '',
  ),
);
for (const withTop of [false, true, false, true]) {
  const sink = await makePath(withTop);
  const pieces: Buffer[] = [];
  for (let at = 0; at < cold.length; at += CHUNK_BYTES) pieces.push(cold.subarray(at, at + CHUNK_BYTES));
  const us = measure(sink, pieces, 300_000, 1);
  console.log(`new series ${withTop ? 'with' : 'without'}: ${us.toFixed(0)} us per 1,000`);
}
