// Runs a program over ASCII text as a deterministic automaton whose states are built when they are first needed.
//
//   table   | row of state 0: class 0, class 1, … end | row of state 1 … |
//   entry   = 2 * row of the next state + 1 when that state matches something or is the end of the way; UNKNOWN: not built
//
// A state is a position of the stepper. Costs one table look-up for a character once the states are warm. Each pattern
// that has matched leaves the position, so what matched before needs no memory, and an empty position ends the run.
//
// Bound: `bytesMax` of states and table, and what the budget of the whole table has left. When it is reached, the states are thrown away if they were worth building
// (REUSE_MIN characters read for each); else the rest of the text is stepped without remembering. So neither time nor
// memory explodes, whatever the regexes: a character costs at most a visit of each instruction.
import type { DfaBudget } from './dfa-budget.ts';
import type { Program } from './program.ts';
import { Stepper } from './stepper.ts';
import type { Position } from './stepper.ts';

const REUSE_MIN = 8;
const UNKNOWN = -1;
/** About what a state costs beside its row and its instructions, bytes. */
const STATE_OVERHEAD_BYTES = 250;
/** About what a waiting instruction costs: its place in the position and its character in the key, bytes. */
const PLACE_BYTES = 10;
const FIRST_ROWS = 8;

/** Matches the patterns of one program. */
export class LazyDfa {
  readonly #classOf: Uint8Array;
  readonly #stepper: Stepper;
  readonly #bytesMax: number;
  readonly #budget: DfaBudget;
  /** Entries of a row: one for each class of characters, and one for the end of the text. */
  readonly #width: number;
  #table = new Int32Array(0);
  /** By row / width. */
  #states: Position[] = [];
  #rows = new Map<string, number>();
  #bytes = 0;
  /** Characters read since the states were last thrown away. */
  #read = 0;
  #overflows = 0;

  constructor(program: Program, bytesMax: number, budget: DfaBudget) {
    this.#classOf = program.classOf;
    this.#stepper = new Stepper(program);
    this.#bytesMax = bytesMax;
    this.#budget = budget;
    this.#width = program.samples.length + 1;
  }

  /** How many runs had to go on without remembering, which is slow. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Gives its memory back to the budget; it is not used again. */
  release(): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }

  /** Appends to `matched` the number of each pattern that matches the text (bytes below 128), each once. */
  run(text: Uint8Array, matched: number[]): void {
    if (this.#states.length === 0) this.#clear();
    if (this.#enter(0, matched)) return;
    this.#read += text.length + 1;
    const classOf = this.#classOf;
    const end = this.#width - 1;
    let table = this.#table;
    let row = 0;
    for (let i = 0; i <= text.length; i++) {
      const column = i < text.length ? (classOf[text[i] as number] as number) : end;
      let entry = table[row + column] as number;
      if (entry === UNKNOWN) {
        entry = this.#extend(row, column);
        if (entry === UNKNOWN) return this.#walk(row, text, i, matched);
        table = this.#table;
      }
      row = entry >> 1;
      if ((entry & 1) === 1 && this.#enter(row, matched)) return;
    }
  }

  /** Reports what the state matches; true: the way ends here. */
  #enter(row: number, matched: number[]): boolean {
    const state = this.#states[row / this.#width] as Position;
    for (const pattern of state.matched) matched.push(pattern);
    return state.waiting.length === 0;
  }

  /** Builds the transition from a state; gives its entry, UNKNOWN when there is no room. */
  #extend(row: number, column: number): number {
    const next = this.#next(this.#states[row / this.#width] as Position, column);
    const key = stateKey(next);
    const known = this.#rows.get(key);
    const hasRoom = known !== undefined || this.#hasRoom(this.#cost(next));
    if (!hasRoom && this.#read < REUSE_MIN * this.#states.length) {
      this.#overflows += 1;
      return UNKNOWN;
    }
    if (!hasRoom) this.#clear();
    const nextRow = this.#rows.get(key) ?? this.#add(next, key);
    const entry = 2 * nextRow + (next.matched.length > 0 || next.waiting.length === 0 ? 1 : 0);
    if (hasRoom) this.#table[row + column] = entry;
    return entry;
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#bytesMax && this.#budget.hasRoom(bytes);
  }

  #next(from: Position, column: number): Position {
    return column === this.#width - 1 ? this.#stepper.end(from) : this.#stepper.step(from, column);
  }

  /** Goes on from a state without remembering. */
  #walk(row: number, text: Uint8Array, from: number, matched: number[]): void {
    let position = this.#states[row / this.#width] as Position;
    for (let i = from; i <= text.length && position.waiting.length > 0; i++) {
      const column = i < text.length ? (this.#classOf[text[i] as number] as number) : this.#width - 1;
      position = this.#next(position, column);
      matched.push(...position.matched);
    }
  }

  /** Throws all states away but the first, which has row 0. */
  #clear(): void {
    this.#states = [];
    this.#rows = new Map();
    this.#table = new Int32Array(FIRST_ROWS * this.#width).fill(UNKNOWN);
    this.release();
    this.#read = 0;
    const start = this.#stepper.start();
    this.#add(start, stateKey(start));
  }

  #add(state: Position, key: string): number {
    const row = this.#states.length * this.#width;
    if (row === this.#table.length) {
      const larger = new Int32Array(2 * row).fill(UNKNOWN, row);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#states.push(state);
    this.#rows.set(key, row);
    const cost = this.#cost(state);
    this.#bytes += cost;
    this.#budget.take(cost);
    return row;
  }

  #cost(state: Position): number {
    // Rows count twice, since the table doubles when it grows.
    return 8 * this.#width + PLACE_BYTES * state.waiting.length + STATE_OVERHEAD_BYTES;
  }
}

/** Equal for positions that act alike. */
function stateKey({ waiting, before, matched }: Position): string {
  return String.fromCharCode(before + 2, matched.length, ...matched, ...waiting);
}
