// Parses RE2 syntax into a tree for matching ASCII keys. It knows the part of the syntax that rules are written in and
// gives up on the rest, errors included: then re2js is asked, which is the judge of what is valid. So this parser must
// never accept what re2js refuses; where in doubt, it gives up.
import { ANY, ANY_BUT_NEWLINE, foldSet, negateSet, NONE, rangeSet, unionSets } from './ascii-set.ts';
import type { AsciiSet } from './ascii-set.ts';
import { perlClass, posixClass } from './character-classes.ts';
import { programSize } from './syntax.ts';
import type { Look, Node } from './syntax.ts';

/** Largest program of one regex, instructions; beyond it the regex is left to re2js. */
const PROGRAM_SIZE_MAX = 2000;
/** Deepest nesting of groups. */
const DEPTH_MAX = 100;
/** RE2's limit on counted repeats, nested ones multiplied. */
const REPEAT_MAX = 1000;

/** Parses a regex; undefined: it is not valid, or needs more than this parser knows. */
export function parseRegex(source: string): Node | undefined {
  try {
    const node = new Parser(source).parse();
    return programSize(node) <= PROGRAM_SIZE_MAX && repeatProduct(node) <= REPEAT_MAX ? node : undefined;
  } catch (error) {
    if (error instanceof GiveUp) return undefined;
    throw error;
  }
}

class GiveUp extends Error {}

interface Flags {
  readonly fold: boolean;
  readonly multiline: boolean;
  readonly dotNewline: boolean;
}

const ESCAPED: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const LOOKS: Readonly<Record<string, Look>> = { A: 'textStart', z: 'textEnd', b: 'word', B: 'notWord' };

class Parser {
  readonly #source: string;
  readonly #names = new Set<string>();
  #at = 0;
  #depth = 0;
  #flags: Flags = { fold: false, multiline: false, dotNewline: false };

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Node {
    const node = this.#alternate();
    if (this.#at < this.#source.length) throw new GiveUp(); // a `)` too many
    return node;
  }

  #alternate(): Node {
    const nodes = [this.#concat()];
    while (this.#skip('|')) nodes.push(this.#concat());
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'alternate', nodes };
  }

  #concat(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length && !this.#peek('|') && !this.#peek(')')) {
      const atoms = this.#atoms();
      const range = this.#repeatRange();
      if (range !== undefined) {
        const node = atoms.pop();
        // RE2 lets `(?i)*` repeat whatever came before, and refuses `a**`.
        if (node === undefined || this.#repeatRange() !== undefined) throw new GiveUp();
        atoms.push({ kind: 'repeat', node, ...range });
      }
      nodes.push(...atoms);
    }
    return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'concat', nodes };
  }

  /** One atom, none for `(?i)`, any number for `\Qabc\E`. */
  #atoms(): Node[] {
    if (this.#skip('\\Q')) return this.#quoted();
    if (this.#skip('(')) return this.#group();
    return [this.#atom()];
  }

  #atom(): Node {
    if (this.#skip('.')) return { kind: 'set', set: this.#flags.dotNewline ? ANY : ANY_BUT_NEWLINE };
    if (this.#skip('^')) return { kind: 'look', look: this.#flags.multiline ? 'lineStart' : 'textStart' };
    if (this.#skip('$')) return { kind: 'look', look: this.#flags.multiline ? 'lineEnd' : 'textEnd' };
    if (this.#skip('[')) return { kind: 'set', set: this.#class() };
    if (this.#peek('\\')) return this.#escape();
    if (this.#repeatRange() !== undefined) throw new GiveUp(); // nothing to repeat
    return this.#literal(this.#take());
  }

  #escape(): Node {
    const letter = this.#source[this.#at + 1] ?? '';
    const look = LOOKS[letter];
    const set = perlClass(letter);
    if (look === undefined && set === undefined) return this.#literal(this.#escapedCode());
    this.#at += 2;
    return look === undefined ? { kind: 'set', set: set as AsciiSet } : { kind: 'look', look };
  }

  /** The rest of `\Q…\E`, whose end may be missing. */
  #quoted(): Node[] {
    const end = this.#source.indexOf('\\E', this.#at);
    const text = this.#source.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#source.length : end + 2;
    return Array.from(text, (character) => this.#literal(character.codePointAt(0) as number));
  }

  #literal(code: number): Node {
    if (code >= 0xd800 && code < 0xe000) throw new GiveUp();
    if (code > 127) {
      if (this.#flags.fold) throw new GiveUp();
      return { kind: 'set', set: rangeSet(code, code) };
    }
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    if (this.#flags.fold && isLetter) return { kind: 'set', set: foldSet(rangeSet(code, code)) };
    return { kind: 'char', code };
  }

  /** `\n`, `\x41`, `\x{41}`, `\101`, `\.`; those of `\pN` and the like are left to re2js. */
  #escapedCode(): number {
    const rest = this.#source.slice(this.#at, this.#at + 12);
    const match =
      /^\\(?:x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2})|(\p{ASCII}))/u.exec(
        rest,
      );
    if (match === null) throw new GiveUp();
    const [whole, braced, hex, octal, character] = match;
    const code = this.#escapedValue(braced ?? hex, octal, character);
    if (code === undefined || code > 0x10ffff) throw new GiveUp();
    this.#at += whole.length;
    return code;
  }

  #escapedValue(hex: string | undefined, octal: string | undefined, character = ''): number | undefined {
    if (hex !== undefined) return Number.parseInt(hex, 16);
    if (octal !== undefined) return Number.parseInt(octal, 8);
    return /[0-9A-Za-z]/.test(character) ? ESCAPED[character] : character.charCodeAt(0);
  }

  /** What follows `[`. */
  #class(): AsciiSet {
    const negated = this.#skip('^');
    let set = NONE;
    for (let first = true; first || !this.#peek(']'); first = false) {
      if (this.#at >= this.#source.length) throw new GiveUp();
      set = unionSets(set, this.#classItem());
    }
    this.#at += 1;
    if (this.#flags.fold) set = foldSet(set);
    return negated ? negateSet(set) : set;
  }

  #classItem(): AsciiSet {
    if (this.#peek('[:')) return this.#posixClass();
    const perl = this.#peek('\\') ? perlClass(this.#source[this.#at + 1] ?? '') : undefined;
    if (perl !== undefined) {
      this.#at += 2;
      return perl;
    }
    const lo = this.#classCode();
    if (!this.#peek('-') || this.#source[this.#at + 1] === ']') return rangeSet(lo, lo);
    this.#at += 1;
    const hi = this.#classCode();
    if (hi < lo || (this.#flags.fold && hi > 127)) throw new GiveUp();
    return rangeSet(lo, hi);
  }

  #classCode(): number {
    const code = this.#peek('\\') ? this.#escapedCode() : this.#take();
    if ((code > 127 && this.#flags.fold) || (code >= 0xd800 && code < 0xe000)) throw new GiveUp();
    return code;
  }

  #posixClass(): AsciiSet {
    const match = /^\[:(\^?)([a-z]+):\]/.exec(this.#source.slice(this.#at, this.#at + 12));
    const set = posixClass(match?.[2] ?? '');
    if (match === null || set === undefined) throw new GiveUp();
    this.#at += match[0].length;
    if (match[1] === '') return set;
    return negateSet(this.#flags.fold ? foldSet(set) : set);
  }

  /** What follows `(`; flags alone are no atom. */
  #group(): Node[] {
    const outer = this.#flags;
    if (this.#skip('?')) {
      const isGroup = this.#skip('P<') || this.#skip('<') ? this.#groupName() : this.#groupFlags();
      if (!isGroup) return [];
    }
    if (++this.#depth > DEPTH_MAX) throw new GiveUp();
    const node = this.#alternate();
    if (!this.#skip(')')) throw new GiveUp();
    this.#depth -= 1;
    this.#flags = outer;
    return [node];
  }

  #groupName(): true {
    const name = /^([A-Za-z0-9_]+)>/.exec(this.#source.slice(this.#at))?.[1];
    if (name === undefined || this.#names.has(name)) throw new GiveUp();
    this.#names.add(name);
    this.#at += name.length + 1;
    return true;
  }

  /** `i-s:` opens a group (true), `i-s)` changes the flags of the one around it (false). */
  #groupFlags(): boolean {
    const match = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#source.slice(this.#at, this.#at + 32));
    if (match === null || match[0] === ')') throw new GiveUp();
    const [whole, on = '', off = '', end] = match;
    const flag = (letter: string, now: boolean): boolean =>
      !off.includes(letter) && (now || on.includes(letter));
    const { fold, multiline, dotNewline } = this.#flags;
    this.#flags = {
      fold: flag('i', fold),
      multiline: flag('m', multiline),
      dotNewline: flag('s', dotNewline),
    };
    this.#at += whole.length;
    return end === ':';
  }

  /** Takes a repeat operator if one is next; a `{` that begins none is text. */
  #repeatRange(): { min: number; max: number } | undefined {
    // Most characters are text.
    if (!this.#peek('*') && !this.#peek('+') && !this.#peek('?') && !this.#peek('{')) return undefined;
    const rest = this.#source.slice(this.#at, this.#at + 13);
    if (/^\{(?:\d+,)?(?:0\d|\d{5})/.test(rest)) throw new GiveUp(); // too large, or `{01}`, which is text
    const match = /^(?:[*+?]|\{(\d+)(,(\d+)?)?\})\??/.exec(rest);
    if (match === null) return undefined;
    this.#at += match[0].length;
    if (match[1] === undefined) {
      const operator = match[0][0];
      return { min: operator === '+' ? 1 : 0, max: operator === '?' ? 1 : Infinity };
    }
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX) || min > max) throw new GiveUp();
    return { min, max };
  }

  #peek(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #skip(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #take(): number {
    const code = this.#source.codePointAt(this.#at) as number;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }
}

/** The largest product of nested counted repeats. */
function repeatProduct(node: Node): number {
  if (node.kind === 'repeat') {
    const { min, max } = node;
    return Math.max(1, max === Infinity ? min : max) * repeatProduct(node.node);
  }
  if (node.kind !== 'concat' && node.kind !== 'alternate') return 1;
  return node.nodes.reduce((most, child) => Math.max(most, repeatProduct(child)), 1);
}
