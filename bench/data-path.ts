// The way of a line inside the process, for benches: dispatcher, engine and table as the relay has them, and outputs that
// only count. What a socket costs is not in it.
import { makeWasmEngine } from '../src/engine/wasm-engine.ts';
import type { LineSink } from '../src/input/dispatcher.ts';
import { validateKey } from '../src/metric/validate-key.ts';
import { LineDispatcher } from '../src/relay/dispatcher.ts';
import { RunBooks } from '../src/relay/run-books.ts';
import {
  HASH_DEFAULTS,
  type MatcherOptions,
  type RouteOptions,
  type TableOptions,
} from '../src/table/options.ts';
import { Snapshot } from '../src/table/snapshot.ts';
import { makeRelayCounts, type RelayCounts } from '../src/telemetry/ledger.ts';
import { systemClock } from '../src/util/clock.ts';
import { parseDestination } from '../src/destination/parse-destination.ts';

/** Bytes of one read of the relay (`READ_BYTES` of its inputs). */
export const CHUNK_BYTES = 256 * 1024;
const LEVELS = { legacy: 'medium', m20: 'medium' } as const;

/** A path that takes chunks; what came out is counted. */
export interface DataPath {
  readonly sink: LineSink;
  readonly counts: RelayCounts;
  /** Lines that outputs got, copies counted, in so many pushes, and values that windows got. */
  readonly delivered: { lines: number; pushes: number; values: number };
  /** Bytes of the engine's memory, and series in it. */
  stats(): { readonly series: number; readonly memoryBytes: number };
  /** Makes every series resolve anew on its next line. */
  refresh(): void;
}

/** Makes a path for a table; an empty one sends nothing anywhere. Series stay known up to half of `maxSeries`. */
export async function makeDataPath(table: Partial<TableOptions>, maxSeries = 24_000_000): Promise<DataPath> {
  const lineBytesMax = 65_534;
  const engine = await makeWasmEngine({
    lineBytesMax,
    chunkBytesMax: CHUNK_BYTES,
    maxSeries,
    levels: LEVELS,
    validateOrder: false,
    orderFutureMaxSec: 86_400,
  });
  const snapshot = compileTable(table);
  const refresh = (): void => engine.setResolve((key) => snapshot.resolve(key));
  refresh();
  const counts = makeRelayCounts();
  const runBooks = new RunBooks(counts);
  const delivered = { lines: 0, pushes: 0, values: 0 };
  const output = {
    push: (_bytes: Uint8Array, lines: number) => {
      runBooks.entered(lines);
      delivered.lines += lines;
      delivered.pushes += 1;
      return true;
    },
    whenWritable: (callback: () => void) => callback(),
  };
  const dispatcher = new LineDispatcher(
    { chunkBytesMax: CHUNK_BYTES, lineBytesMax },
    {
      engine,
      counts,
      runBooks,
      clock: systemClock,
      outputOf: () => output,
      share: () => undefined,
      takeValues: ({ count }) => void (delivered.values += count),
      isMemoryShort: () => false,
      noteBadLine: () => {},
      countBadLines: () => {},
      top: { setSource: () => {}, ran: () => {} },
      tail: { isWatched: false, ran: () => undefined, generated: () => undefined },
      noteInput: () => {},
      noteConnection: () => {},
      isTurnLong: () => false,
      afterTurn: () => {},
    },
  );
  const sink = dispatcher.open(
    '10.0.0.1:5',
    () => {},
    () => {},
  );
  return { sink, counts, delivered, stats: () => engine.stats(), refresh };
}

/** Compiles a table; each destination has an output id of its own. */
export function compileTable(table: Partial<TableOptions>): Snapshot {
  const whole: TableOptions = { blocklist: [], rewriters: [], aggregators: [], routes: [], ...table };
  const firstIds: number[] = [];
  let outputs = 0;
  for (const { destinations } of whole.routes) {
    firstIds.push(outputs);
    outputs += destinations.length;
  }
  const slots = new Map<string, number>();
  return Snapshot.compile(whole, {
    outputOf: (route, slot) => (firstIds[route] ?? 0) + slot,
    slotOf: (aggregator, family, text) => {
      const name = `${aggregator} ${family} ${text}`;
      const known = slots.get(name);
      if (known !== undefined) return known;
      slots.set(name, slots.size);
      return slots.size - 1;
    },
    validateKey: (key) => validateKey(key, LEVELS),
  });
}

/** A sendAllMatch route to so many destinations. */
export function makeRoute(key: string, matcher: MatcherOptions, destinations = 1): RouteOptions {
  return {
    ...HASH_DEFAULTS,
    key,
    type: 'sendAllMatch',
    matcher,
    stop: false,
    destinations: Array.from({ length: destinations }, (_, nth) => {
      const parsed = parseDestination(`127.0.0.1:${2003 + nth}`);
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.options;
    }),
  };
}

/** Cuts a text of whole lines into chunks as a socket gives them: at any byte. */
export function cutChunks(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return chunks;
}
