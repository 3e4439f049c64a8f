// What a live look costs: a run of the engine with nobody looking, and with a client whose key never comes; when each
// series is met for the first time, and from then on.
//
//   bin/node bench/micro/tail.ts [series]
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { compileMatch } from '../../src/relay/tail/compile-match.ts';
import { Tail } from '../../src/relay/tail/tail.ts';
import { systemClock } from '../../src/util/clock.ts';

const SERIES = Number(process.argv[2] ?? 100_000);
const CHUNK_LINES = 1000;
const ROUNDS = 10;
const NO_CARRY = new Uint8Array(0);

const engine = await makeWasmEngine({
  lineBytesMax: 65_535,
  chunkBytesMax: 262_144,
  maxSeries: 10_000_000,
  levels: { legacy: 'medium', m20: 'medium' },
  validateOrder: false,
  orderFutureMaxSec: 86_400,
});
engine.setResolve(() => ({ kind: 'route', outputs: [0] }));
/** Never says that time has passed, so that nothing is left unseen. */
let isFrozen = true;
const frozen = {
  ...systemClock,
  monotonicMs: () => (isFrozen ? 0 : performance.now()),
  after: () => () => undefined,
};
const makeTail = (): Tail =>
  new Tail({
    clock: frozen,
    random: Math.random,
    lines: engine.lines,
    routeOf: () => 'all',
    placeOf: () => undefined,
    hasRoute: () => true,
    dropped: () => 0,
  });

const keys = Array.from(
  { length: SERIES },
  (_, n) => `servers.web${n % 1000}.disk.sda${n}.write_bytes_total`,
);
for (let n = keys.length - 1; n > 0; n--) {
  const other = Math.floor(Math.random() * (n + 1));
  [keys[n], keys[other]] = [keys[other]!, keys[n]!];
}
const chunks: Buffer[] = [];
for (let at = 0; at < keys.length; at += CHUNK_LINES) {
  chunks.push(
    Buffer.from(
      keys
        .slice(at, at + CHUNK_LINES)
        .map((key) => `${key} 12.5 1700000000\n`)
        .join(''),
    ),
  );
}

/** Runs all lines once; CPU ns a line. */
function pass(tail?: Tail): number {
  const start = process.threadCpuUsage();
  for (const chunk of chunks) {
    const { received } = engine.run(NO_CARRY, chunk, 1_700_000_000);
    if (tail?.isWatched === true) tail.ran(received, 'a:1', 'plain');
  }
  const { user, system } = process.threadCpuUsage(start);
  return ((user + system) * 1000) / keys.length;
}

const median = (values: number[]): string => values.toSorted((a, b) => a - b)[values.length >> 1]!.toFixed(1);
pass();
const figures = { alone: [] as number[], first: [] as number[], later: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  figures.alone.push(pass());
  const tail = makeTail();
  const match = compileMatch('^nothing\\.of\\.the\\.kind[0-9]+$');
  if (typeof match !== 'function') throw new Error(match.error);
  tail.add({ match, route: undefined, reason: undefined, input: undefined, ratePerSec: 50 });
  figures.first.push(pass(tail));
  figures.later.push(pass(tail));
}
isFrozen = false;
console.log(
  `${SERIES} series, CPU ns a line: alone ${median(figures.alone)}, first ${median(figures.first)}, later ${median(figures.later)}`,
);
