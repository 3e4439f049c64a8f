// Compiles regexes to one non-deterministic program that matches all of them at once against ASCII text, each of them
// anywhere in it.
import { ANY, NONE, rangeSet, setHas, unionSets } from './ascii-set.ts';
import type { AsciiSet } from './ascii-set.ts';
import { isAnchored } from './syntax.ts';
import type { Look, Node } from './syntax.ts';

/** One instruction; `next` and `other` are places of instructions. */
export type Instruction =
  | { readonly kind: 'set'; readonly set: AsciiSet; readonly next: number }
  | { readonly kind: 'split'; next: number; readonly other: number }
  | { readonly kind: 'look'; readonly look: Look; readonly next: number }
  | { readonly kind: 'match'; readonly pattern: number };

/** The instructions, for each the number of the pattern that it belongs to, and where each pattern starts. */
export interface Program {
  readonly code: readonly Instruction[];
  readonly patternOf: readonly number[];
  readonly starts: readonly number[];
  /** Characters with one class number are the same to every instruction. */
  readonly classOf: Uint8Array;
  /** One character of each class. */
  readonly samples: readonly number[];
}

/** Compiles trees; pattern numbers are places in `nodes`. */
export function compileProgram(nodes: readonly Node[]): Program {
  const code: Instruction[] = [];
  const patternOf: number[] = [];
  const starts = nodes.map((node, pattern) => {
    const start = new Compiler(code).compile(node, pattern);
    while (patternOf.length < code.length) patternOf.push(pattern);
    return start;
  });
  return { code, patternOf, starts, ...classify(code) };
}

class Compiler {
  readonly #code: Instruction[];

  constructor(code: Instruction[]) {
    this.#code = code;
  }

  compile(node: Node, pattern: number): number {
    const start = this.#emit(node, this.#push({ kind: 'match', pattern }));
    if (isAnchored(node)) return start;
    const loop: Instruction = { kind: 'split', next: 0, other: start };
    const place = this.#push(loop);
    loop.next = this.#push({ kind: 'set', set: ANY, next: place });
    return place;
  }

  /** Appends code that matches `node` and goes on at `next`; gives the place where it starts. */
  #emit(node: Node, next: number): number {
    switch (node.kind) {
      case 'char':
        return this.#push({ kind: 'set', set: rangeSet(node.code, node.code), next });
      case 'set':
        return this.#push({ kind: 'set', set: node.set, next });
      case 'look':
        return this.#push({ kind: 'look', look: node.look, next });
      case 'concat':
        return node.nodes.reduceRight((rest, child) => this.#emit(child, rest), next);
      case 'alternate':
        return node.nodes
          .map((child) => this.#emit(child, next))
          .reduceRight((other, start) => this.#push({ kind: 'split', next: start, other }));
      case 'repeat':
        return this.#emitRepeat(node.node, node.min, node.max, next);
    }
  }

  #emitRepeat(node: Node, min: number, max: number, next: number): number {
    let start = next;
    if (max === Infinity) {
      const loop: Instruction = { kind: 'split', next: 0, other: next };
      start = this.#push(loop);
      loop.next = this.#emit(node, start);
    } else {
      // x{0,2} is (x(x)?)?: each copy may go on to the next or leave.
      for (let i = min; i < max; i++)
        start = this.#push({ kind: 'split', next: this.#emit(node, start), other: next });
    }
    for (let i = 0; i < min; i++) start = this.#emit(node, start);
    return start;
  }

  #push(instruction: Instruction): number {
    return this.#code.push(instruction) - 1;
  }
}

const NEWLINE = rangeSet(10, 10);
const WORD = [rangeSet(48, 57), rangeSet(65, 90), rangeSet(95, 95), rangeSet(97, 122)].reduce(
  unionSets,
  NONE,
);

/** Says whether a character counts as part of a word to \b. */
export function isWordCharacter(code: number): boolean {
  return setHas(WORD, code);
}

/** Sorts the characters into classes by the sets that hold them. */
function classify(code: readonly Instruction[]): Pick<Program, 'classOf' | 'samples'> {
  const sets = new Map<string, AsciiSet>();
  const add = (set: AsciiSet): unknown => sets.set(set.words.join(), set);
  for (const instruction of code) {
    if (instruction.kind === 'set') add(instruction.set);
    if (instruction.kind === 'look') [NEWLINE, WORD].forEach(add);
  }
  let classOf = new Uint8Array(128);
  let samples = [0];
  for (const set of sets.values()) ({ classOf, samples } = refine(classOf, samples.length, set));
  return { classOf, samples };
}

/** Splits each class into its members inside and outside of `set`. */
function refine(
  classOf: Uint8Array,
  count: number,
  set: AsciiSet,
): { classOf: Uint8Array<ArrayBuffer>; samples: number[] } {
  const numbers = new Int16Array(2 * count).fill(-1);
  const refined = new Uint8Array(128);
  const samples: number[] = [];
  for (let character = 0; character < 128; character++) {
    const slot = 2 * (classOf[character] as number) + (setHas(set, character) ? 1 : 0);
    if ((numbers[slot] as number) < 0) numbers[slot] = samples.push(character) - 1;
    refined[character] = numbers[slot] as number;
  }
  return { classOf: refined, samples };
}
