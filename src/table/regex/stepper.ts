// Steps a program over ASCII text, one character at a time: what the automaton does when it meets a pair of state and
// character for the first time. A step costs at most a visit of each instruction.
//
// `$`, `\z` and `\b` need the character after them, so they stay in the position, waiting, and are settled at the start
// of the next step; the end of the text is a step of its own for that reason.
import { setHas } from './ascii-set.ts';
import { isWordCharacter } from './program.ts';
import type { Instruction, Program } from './program.ts';
import type { Look } from './syntax.ts';

const NEWLINE = 10;
/** Stands for the start and the end of the text where a character is expected. */
const EDGE = -1;
/** Stands for a character that is not known yet, or that does not matter. */
const OPEN = -2;

/** A place in the text, seen by the program. */
export interface Position {
  /** Places of the instructions that wait here, ascending: sets for a character, looks for what comes after. */
  readonly waiting: readonly number[];
  /** The character before, as far as the looks among them ask. */
  readonly before: number;
  /** Patterns of which a match became known on coming here. None of their instructions waits any longer. */
  readonly matched: readonly number[];
}

/** Computes positions. */
export class Stepper {
  readonly #program: Program;
  readonly #visited: Int32Array;
  #stamp = 0;
  #stack: number[] = [];
  #waiting: number[] = [];
  #matched: number[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#visited = new Int32Array(program.code.length);
  }

  /** The position before the first character. */
  start(): Position {
    this.#begin();
    for (const place of this.#program.starts) this.#follow(place, EDGE, OPEN);
    return this.#finish(EDGE);
  }

  /** The position after a character of the given class. */
  step(from: Position, characterClass: number): Position {
    const character = this.#program.samples[characterClass] as number;
    const { waiting, matched } = this.#settle(from, character);
    this.#begin();
    this.#matched.push(...matched);
    for (const place of waiting) {
      const instruction = this.#program.code[place] as Instruction;
      if (instruction.kind === 'set' && setHas(instruction.set, character)) {
        this.#follow(instruction.next, character, OPEN);
      }
    }
    return this.#finish(character);
  }

  /** The position after the end of the text; nothing waits there. */
  end(from: Position): Position {
    const { matched } = this.#settle(from, EDGE);
    return { waiting: [], before: OPEN, matched };
  }

  /** Lets the looks that wait in `from` pass or fail, now that the character after them is known. */
  #settle(from: Position, after: number): { waiting: readonly number[]; matched: readonly number[] } {
    if (from.before === OPEN) return { waiting: from.waiting, matched: [] };
    this.#begin();
    for (const place of from.waiting) this.#follow(place, from.before, after);
    return { waiting: this.#waiting, matched: this.#matched };
  }

  #begin(): void {
    this.#stamp += 1;
    this.#waiting = [];
    this.#matched = [];
  }

  #finish(character: number): Position {
    const { code, patternOf } = this.#program;
    const matched = [...new Set(this.#matched)].sort((a, b) => a - b);
    let waiting = this.#waiting;
    if (matched.length > 0)
      waiting = waiting.filter((place) => !matched.includes(patternOf[place] as number));
    waiting.sort((a, b) => a - b);
    const asks = waiting.some((place) => (code[place] as Instruction).kind === 'look');
    return { waiting, before: asks ? beforeClass(character) : OPEN, matched };
  }

  /** Goes on from `start` without reading; collects what then waits, and what matches. */
  #follow(start: number, before: number, after: number): void {
    const stack = this.#stack;
    stack.push(start);
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (this.#visited[place] === this.#stamp) continue;
      this.#visited[place] = this.#stamp;
      const instruction = this.#program.code[place] as Instruction;
      if (instruction.kind === 'set') this.#waiting.push(place);
      else if (instruction.kind === 'match') this.#matched.push(instruction.pattern);
      else if (instruction.kind === 'split') stack.push(instruction.other, instruction.next);
      else {
        const holds = lookHolds(instruction.look, before, after);
        if (holds === undefined) this.#waiting.push(place);
        else if (holds) stack.push(instruction.next);
      }
    }
  }
}

/** undefined: it depends on the character after, which is not known yet. */
function lookHolds(look: Look, before: number, after: number): boolean | undefined {
  if (look === 'textStart') return before === EDGE;
  if (look === 'lineStart') return before === EDGE || before === NEWLINE;
  if (after === OPEN) return undefined;
  if (look === 'textEnd') return after === EDGE;
  if (look === 'lineEnd') return after === EDGE || after === NEWLINE;
  return (isWord(before) !== isWord(after)) === (look === 'word');
}

function isWord(character: number): boolean {
  return character >= 0 && isWordCharacter(character);
}

/** One character for all that look the same from behind, so that positions which act alike are equal. */
function beforeClass(character: number): number {
  if (character === EDGE || character === NEWLINE) return character;
  return isWord(character) ? 97 : 32;
}
