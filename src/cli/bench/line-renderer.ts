// Renders the lines of a load, slot by slot, and enters each slot in the table that the sink reads.
import { type BenchExports, loadBenchModule, openModule } from './bench-module.ts';
import { type LoadLayout, microsSince, SLOT_WORDS } from './load-plan.ts';

/** How much of a connection's part was sent. */
interface Turn {
  turn: number;
  round: number;
}

export class LineRenderer {
  lines = 0;
  /** Lines that the relay is not to block. */
  passing = 0;
  readonly #module: BenchExports;
  readonly #layout: LoadLayout;
  readonly #slots: Uint32Array;
  readonly #startSec: number;
  readonly #turns: Turn[];
  readonly #area: number;
  readonly #areaBytes: number;
  readonly #memory: Buffer;
  #slot = 0;

  private constructor(
    module: BenchExports,
    layout: LoadLayout,
    slots: SharedArrayBuffer,
    startSec: number,
    areas: number,
  ) {
    this.#module = module;
    this.#layout = layout;
    this.#slots = new Uint32Array(slots);
    this.#startSec = startSec;
    this.#turns = Array.from({ length: layout.connections }, () => ({ turn: 0, round: 0 }));
    this.#areaBytes = areaBytes(layout);
    this.#area = module.start(this.#areaBytes * areas) >>> 0;
    openModule(module, layout, 0, false);
    // The memory does not grow from here on: what is being written stays where it is.
    this.#memory = Buffer.from(module.memory.buffer);
  }

  /** Makes a renderer with so many areas to render into. */
  static async make(
    layout: LoadLayout,
    slots: SharedArrayBuffer,
    startSec: number,
    areas: number,
  ): Promise<LineRenderer> {
    const none = (): number => 0;
    const module = await loadBenchModule({ readSlot: none, readNumber: none, foreignLine: none });
    return new LineRenderer(module, layout, slots, startSec, areas);
  }

  /** Tells whether another slot has room in the table. */
  get hasRoom(): boolean {
    return this.#slot < this.#layout.slotsMax;
  }

  /** Renders the next lines of a connection, at most a slot, into an area; they count as sent now. */
  render(connection: number, lines: number, area: number): Buffer {
    const place = this.#turns[connection];
    if (place === undefined || !this.hasRoom) throw new Error('BUG: no such connection, or no more slots');
    const { slotLines } = this.#layout;
    const start = this.#area + area * this.#areaBytes;
    const number = this.#slot * slotLines;
    const end = this.#module.render(start, number, lines, connection, place.turn, place.round) >>> 0;
    const word = this.#slot * SLOT_WORDS;
    this.#slots[word + 1] = connection;
    this.#slots[word + 2] = place.turn;
    this.#slots[word + 3] = place.round;
    // Last: by the time the sink knows that the slot is there.
    Atomics.store(this.#slots, word, microsSince(this.#startSec));
    this.#slot += 1;
    this.#advance(place, lines);
    return this.#memory.subarray(start, end);
  }

  #advance(place: Turn, lines: number): void {
    const { ownSeries, ownBlocked } = this.#layout;
    const cycle = ownSeries + ownBlocked;
    this.lines += lines;
    this.passing += passingLines(place.turn, lines, ownSeries, cycle);
    const turn = place.turn + lines;
    place.round += Math.floor(turn / cycle);
    place.turn = turn % cycle;
  }
}

/** Bytes of an area, with room for what is written past its end. */
function areaBytes({ slotLines, padBytes, tags }: LoadLayout): number {
  const lineBytes = Math.max(padBytes + 6, 64) + tags * 10 + 23;
  return (slotLines * lineBytes + 127) & ~63;
}

function passingLines(turn: number, lines: number, ownSeries: number, cycle: number): number {
  if (ownSeries === cycle) return lines;
  const upTo = (end: number): number =>
    Math.floor(end / cycle) * ownSeries + Math.min(end % cycle, ownSeries);
  return upTo(turn + lines) - upTo(turn);
}
