// Counts the lines that come at a sink, exactly: what was lost, came twice, came out of order, or is not of the bench.
import { type BenchExports, loadBenchModule, openModule } from './bench-module.ts';
import { type LoadLayout, SLOT_WORDS } from './load-plan.ts';

/** The counters of the module in their order. */
const COUNTERS = [
  'accepted',
  'duplicates',
  'reordered',
  'unwanted',
  'renamed',
  'reformatted',
  'foreign',
] as const;

/**
 * What came. `accepted`: each line's copies once; `unwanted`: lines that the relay should have blocked; `renamed`:
 * accepted though the key has more around it; `reformatted`: accepted though written in another way; `foreign`: no lines of the
 * bench, fragments among them.
 */
export type LineCounts = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** A stream of bytes: what is left of its last chunk. */
export interface LineStream {
  readonly port: number;
  carry: Buffer;
  /** In the middle of a line that is too long to be kept. */
  isSkipping: boolean;
}

const CHUNK_BYTES_MAX = 1 << 20;
const LINE_BYTES_MAX = 64 << 10;
const SAMPLES_MAX = 5;
const SAMPLE_BYTES_MAX = 200;
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

export class LineCounter {
  /** The first lines that were not of the bench. */
  samples: string[] = [];
  readonly #module: BenchExports;
  readonly #input: number;
  #slots: Uint32Array = new Uint32Array(0);
  // Views of the module's memory; its growth makes them void.
  #bytes = EMPTY;
  #words = new Uint32Array(0);
  #fragments = 0;

  private constructor(module: BenchExports) {
    this.#module = module;
    this.#input = module.start(CHUNK_BYTES_MAX + LINE_BYTES_MAX) >>> 0;
  }

  /** Makes a counter; it counts nothing before `open`. */
  static async make(): Promise<LineCounter> {
    const made: { counter?: LineCounter } = {};
    const module = await loadBenchModule({
      readSlot: (slot) => made.counter?.readSlot(slot >>> 0) ?? 0,
      readNumber: (at, size) => made.counter?.readNumber(at >>> 0, size >>> 0) ?? Number.NaN,
      foreignLine: (at, size) => made.counter?.sample(at >>> 0, size >>> 0),
    });
    made.counter = new LineCounter(module);
    return made.counter;
  }

  /** Begins anew; `slots` is filled by the sender. `byPort`: each port gets each line once. */
  open(layout: LoadLayout, slots: SharedArrayBuffer, copies: number, byPort: boolean): void {
    this.#slots = new Uint32Array(slots);
    this.samples = [];
    this.#fragments = 0;
    openModule(this.#module, layout, copies, byPort);
  }

  /** Counts the lines that end in a chunk; returns how many these are, whatever they are. */
  take(stream: LineStream, chunk: Uint8Array, nowMicros: number): number {
    let lines = 0;
    for (let from = 0; from < chunk.length; from += CHUNK_BYTES_MAX) {
      lines += this.#takePart(stream, chunk.subarray(from, from + CHUNK_BYTES_MAX), nowMicros);
    }
    return lines;
  }

  /** Counts what a stream ends with, other than whole lines. */
  end(stream: LineStream): void {
    if (stream.carry.length > 0) this.#countFragment(stream.carry);
    stream.carry = EMPTY;
    stream.isSkipping = false;
  }

  counts(): LineCounts {
    this.#refresh();
    const first = (this.#module.countersAt() >>> 0) / 4;
    const entries = COUNTERS.map((name, index) => [name, this.#words[first + index] ?? 0] as const);
    const counts = Object.fromEntries(entries) as Record<(typeof COUNTERS)[number], number>;
    counts.foreign += this.#fragments;
    return counts;
  }

  /** Hands over the delays since the last call: counts by class and the longest, in µs. */
  takeDelays(add: (counts: Uint32Array, maxMicros: number) => void): void {
    this.#refresh();
    const maxAt = (this.#module.countersAt() >>> 0) / 4 + COUNTERS.length;
    const first = (this.#module.delaysAt() >>> 0) / 4;
    const counts = this.#words.subarray(first, first + this.#module.delayCounts());
    add(counts, this.#words[maxAt] ?? 0);
    counts.fill(0);
    this.#words[maxAt] = 0;
  }

  #takePart(stream: LineStream, chunk: Uint8Array, nowMicros: number): number {
    let rest = chunk;
    if (stream.isSkipping) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) return 0;
      stream.isSkipping = false;
      rest = rest.subarray(end + 1);
    }
    this.#refresh();
    const carried = stream.carry.length;
    if (carried > 0) this.#bytes.set(stream.carry, this.#input);
    this.#bytes.set(rest, this.#input + carried);
    const end = this.#input + carried + rest.length;
    const lineStart = this.#module.scan(this.#input, end, stream.port, nowMicros >>> 0) >>> 0;
    this.#refresh();
    const left = end - lineStart;
    if (left <= LINE_BYTES_MAX) {
      stream.carry = left === 0 ? EMPTY : Buffer.from(this.#bytes.subarray(lineStart, end));
    } else {
      this.#countFragment(this.#bytes.subarray(lineStart, end));
      stream.carry = EMPTY;
      stream.isSkipping = true;
    }
    return this.#module.scannedLines();
  }

  #countFragment(bytes: Buffer): void {
    this.#fragments += 1;
    this.#keepSample(bytes);
  }

  #keepSample(line: Buffer): void {
    if (this.samples.length >= SAMPLES_MAX) return;
    this.samples.push(line.subarray(0, SAMPLE_BYTES_MAX).toString('latin1'));
  }

  /** For the module. */
  private readSlot(slot: number): number {
    const from = slot * SLOT_WORDS;
    const sentMicros = this.#slots[from] ?? 0;
    if (sentMicros === 0) return 0;
    this.#refresh();
    const to = (this.#module.slotArea() >>> 0) / 4;
    for (let word = 1; word < SLOT_WORDS; word++) this.#words[to + word - 1] = this.#slots[from + word] ?? 0;
    return sentMicros;
  }

  private readNumber(at: number, size: number): number {
    this.#refresh();
    return size === 0 ? Number.NaN : Number(this.#bytes.toString('latin1', at, at + size));
  }

  private sample(at: number, size: number): void {
    this.#refresh();
    this.#keepSample(this.#bytes.subarray(at, at + size));
  }

  #refresh(): void {
    const { buffer } = this.#module.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = Buffer.from(buffer);
    this.#words = new Uint32Array(buffer);
  }
}

/** Makes the state of a stream that comes by a port, counted from 0. */
export function makeLineStream(port: number): LineStream {
  return { port, carry: EMPTY, isSkipping: false };
}
