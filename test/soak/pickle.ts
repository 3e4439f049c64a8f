// A million pickles that nobody should send, over loopback to the real command: no crash, no growth, each one counted.
//
//   bin/node test/soak/pickle.ts [PAYLOADS [SEED]]     (1000000: about three minutes)
//
// Every connection begins with a good one and goes on until one of them closes it. What must be counted for each payload
// is known, and the ledger must say the same in the end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcessCost } from '../../bench/process-cost.ts';
import { PickleDecoder } from '../../src/input/pickle/decoder.ts';
import { beginsPickledList } from '../../src/util/pickle-frame.ts';
import { assertConserved } from '../assert-conserved.ts';
import { seededRandom } from '../destination/spool/spool-rig.ts';
import { routeTo, startRelay } from '../e2e/relay-process.ts';
import { freePorts } from '../system/server-process.ts';
import { frameOf, metricsFrame } from '../input/pickle/pickle-frames.ts';
import { randomPickle } from '../input/pickle/random-pickle.ts';

const PAYLOADS = Number(process.argv[2] ?? 1_000_000);
const SEED = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const CONNECTIONS = 32;
const GOOD_METRICS = 10;
/** What may be added to memory from a quarter of the way on, MiB. */
const GROWTH_MIB_MAX = 48;

const golden = (
  JSON.parse(readFileSync(new URL('../input/pickle/golden.json', import.meta.url), 'utf8')) as {
    frame: string;
  }[]
).map(({ frame }) => frame);

function countLines(lines: Buffer): number {
  let count = 0;
  for (const byte of lines) if (byte === 0x0a) count += 1;
  return count;
}

function assertFlat(rss: readonly { readonly done: number; readonly mib: number }[]): void {
  const early = rss.filter(({ done }) => done > PAYLOADS / 4 && done < PAYLOADS / 2);
  const late = rss.filter(({ done }) => done > (PAYLOADS * 3) / 4);
  if (early.length === 0) return;
  const most = (samples: typeof rss): number => Math.max(...samples.map(({ mib }) => mib));
  assert.ok(most(late) - most(early) < GROWTH_MIB_MAX, `it grew from ${most(early)} to ${most(late)} MiB`);
}

test(`hostile pickles, seed ${SEED}`, async (t) => {
  const [port = 0] = await freePorts(1);
  const relay = await startRelay(
    t,
    `pickle_addr = "127.0.0.1:${port}"\nmax_series = 10000\n${routeTo('file:out.txt rotate_bytes=1000000')}`,
  );
  const random = seededRandom(SEED);
  const decoder = new PickleDecoder({ lineBytesMax: 65_535, sharedBytes: 262_144 });
  const state = { sent: 0, received: 0, refused: 0, connections: 0 };
  const rss: { done: number; mib: number }[] = [];

  /** Makes a payload and notes what must be counted for it; true: it closes its connection. */
  const make = (): { frame: Buffer; closes: boolean } => {
    const payload = randomPickle(random, golden);
    const decoded = beginsPickledList(payload) ? decoder.decode(payload) : undefined;
    const closes = decoded?.ok !== true;
    state.received += decoded?.ok === true ? countLines(decoded.lines) + decoded.badCount : 1;
    if (closes) state.refused += 1;
    state.sent += 1;
    return { frame: frameOf(payload), closes };
  };

  /** Sends payloads on one connection until one closes it, again and again. */
  const run = async (): Promise<void> => {
    while (state.sent < PAYLOADS) {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
      state.connections += 1;
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
      socket.on('error', () => undefined).resume();
      const frames: Buffer[] = [metricsFrame('good', GOOD_METRICS)];
      state.received += GOOD_METRICS;
      for (let isOpen = true; isOpen && state.sent < PAYLOADS; ) {
        const { frame, closes } = make();
        frames.push(frame);
        isOpen = !closes;
      }
      socket.end(Buffer.concat(frames));
      await closed;
    }
  };
  const runs = Promise.all(Array.from({ length: CONNECTIONS }, run));
  const running = runs.then(() => false);
  while (await Promise.race([sleep(1000, true), running])) {
    rss.push({ done: state.sent, mib: readProcessCost(relay.pid).rssMib });
  }
  const ledger = await relay.untilLedger('every payload', ({ received }) => received >= state.received);
  assertConserved(ledger);
  const { exit } = await relay.terminate();
  assert.equal(exit.code, 0);
  t.diagnostic(
    `${state.sent} payloads on ${state.connections} connections, ${state.refused} refused: ${ledger.received} metrics, ` +
      `${JSON.stringify(ledger.dropped)}; RSS ${rss.map(({ mib }) => Math.round(mib)).join(' ')} MiB`,
  );
  assert.equal(ledger.received, state.received);
  assert.ok(state.refused > state.connections / 2, 'hardly anything was refused');
  assertFlat(rss);
});
