// A dispatcher over a real engine and outputs that keep what they get: keys name where they go (planOf).
import { SharedSlabs } from '../../src/destination/queue/shared-slabs.ts';
import { type Slab, SlabPool } from '../../src/destination/queue/slab-pool.ts';
import type { Output } from '../../src/destination/output.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { loadEngineModule } from '../../src/engine/wasm-module.ts';
import type { StreamEnd } from '../../src/input/dispatcher.ts';
import type { Plan } from '../../src/metric/plan.ts';
import { LineDispatcher, type LineDispatcherDependencies } from '../../src/relay/dispatcher.ts';
import { RunBooks } from '../../src/relay/run-books.ts';
import { makeRelayCounts } from '../../src/telemetry/ledger.ts';
import { FakeClock } from '../destination/fake-clock.ts';

const module = await loadEngineModule();

class FakeOutput implements Output {
  /** True: the test says when its lines are in its books. */
  durable = false;
  entered: (lines: number) => void = () => undefined;
  /** Runs inside `push`. */
  pushed: () => void = () => undefined;
  text = '';
  full = false;
  readonly waiters: (() => void)[] = [];
  /** By push: where the lines lie, if they are shared. */
  readonly slabs: (Slab | undefined)[] = [];

  push(bytes: Uint8Array, lines: number, canWait: boolean, slab?: Slab): boolean {
    this.slabs.push(slab);
    if (!this.durable) this.entered(lines);
    if (this.full && !canWait) return false;
    this.text += Buffer.from(bytes).toString('latin1');
    this.pushed();
    return !this.full;
  }

  whenWritable(callback: () => void): void {
    if (this.full) this.waiters.push(callback);
    else callback();
  }

  empty(): void {
    this.full = false;
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

/** Stands for all outputs but the first two. */
class CountingOutput implements Output {
  bytes = 0;
  bytesMax = 0;

  entered: (lines: number) => void = () => undefined;

  push(bytes: Uint8Array, lines: number): boolean {
    this.entered(lines);
    this.bytes += bytes.length;
    this.bytesMax = Math.max(this.bytesMax, bytes.length);
    return true;
  }

  whenWritable(callback: () => void): void {
    callback();
  }
}

const OPTIONS = {
  lineBytesMax: 1000,
  chunkBytesMax: 262_144,
  maxSeries: 1000,
  levels: { legacy: 'medium', m20: 'medium' },
  validateOrder: false,
  orderFutureMaxSec: 86_400,
} as const;

function planOf(text: string, outputCount: number): Plan {
  if (text === 'summed') return { kind: 'consume', values: [3, 1] };
  if (text === 'blocked') return { kind: 'drop', reason: 'blocklisted' };
  if (text.startsWith('all'))
    return { kind: 'route', outputs: Array.from({ length: outputCount }, (_, i) => i) };
  if (text === 'nowhere') return { kind: 'drop', reason: 'unroutable' };
  return { kind: 'route', outputs: text.startsWith('both') ? [0, 1] : text.startsWith('one') ? [1] : [0] };
}

function sharing(): (bytes: Uint8Array) => Slab | undefined {
  const slabs = new SharedSlabs({ pool: new SlabPool() });
  return (bytes) => slabs.put(bytes, 0);
}

/** Makes a dispatcher; `state` keeps what it told of. */
export async function makeRig({ outputCount = 2 } = {}) {
  const engine = await makeWasmEngine(OPTIONS, module);
  engine.setResolve((key) => planOf(Buffer.from(key).toString('latin1'), outputCount));
  const outputs = [new FakeOutput(), new FakeOutput()] as const;
  const rest = new CountingOutput();
  const counts = makeRelayCounts();
  const runBooks = new RunBooks(counts);
  for (const output of [...outputs, rest]) output.entered = (lines) => runBooks.entered(lines);
  const state = {
    short: false,
    long: false,
    bad: [] as string[],
    uncounted: 0,
    values: [] as string[],
    source: '',
    ran: [] as string[],
    looked: [] as string[],
  };
  const afterTurn: (() => void)[] = [];
  const dispatcher = new LineDispatcher(OPTIONS, {
    engine,
    counts,
    runBooks,
    clock: new FakeClock(),
    outputOf: (id) => outputs[id] ?? rest,
    share: sharing(),
    takeValues: ({ count, slots, numbers }) => {
      for (let i = 0; i < count; i++) state.values.push(`${slots[i]}: ${numbers[i]}`);
    },
    isMemoryShort: () => state.short,
    noteBadLine: (reason, line, error, sender) =>
      void state.bad.push(`${sender} ${reason} ${error}: ${Buffer.from(line).toString('latin1')}`),
    countBadLines: (_reason, lines) => void (state.uncounted += lines),
    top: {
      setSource: (source) => void (state.source = source),
      ran: (lines) => void state.ran.push(`${state.source} ${lines}`),
    },
    tail: lookInto(state.looked),
    noteInput: () => {},
    noteConnection: () => {},
    isTurnLong: () => state.long,
    afterTurn: (fn) => void afterTurn.push(fn),
  });
  const open = (sender: string) => openStream(dispatcher, sender);
  const endTurn = (): void => {
    for (const fn of afterTurn.splice(0)) fn();
  };
  return { dispatcher, outputs, rest, counts, runBooks, state, open, endTurn };
}

function lookInto(looked: string[]): LineDispatcherDependencies['tail'] {
  return {
    isWatched: true,
    ran: (received, sender, input) => void looked.push(`${sender} ${input} ${received}`),
    generated: (outputs, bytes, lines) =>
      void looked.push(`${outputs.join()} ${lines} ${Buffer.from(bytes).toString()}`),
  };
}

function openStream(dispatcher: LineDispatcher, sender: string) {
  const events: string[] = [];
  const sink = dispatcher.open(
    sender,
    () => void events.push('resume'),
    () => void events.push('pause'),
  );
  return {
    events,
    end: (how: StreamEnd) => sink.end(how),
    write: (text: string) => sink.write(Buffer.from(text, 'latin1')),
  };
}
