// Finds which of many texts stand in a key, in one pass over its bytes (Aho-Corasick). Letters compare without case.
//
// The trie's edges lie in one hash table (node and byte -> node): some 30 bytes for each byte of text, where rows of
// all transitions would take a kilobyte. A key of n bytes costs at most 2n look-ups, however many texts there are.
import type { Literal } from './literals.ts';

const ROOT = 0;

/** An immutable set of texts; each has the number of its place in the list it was made of. */
export class LiteralIndex {
  readonly #literals: readonly Literal[];
  readonly #edges: EdgeTable;
  /** The node that a byte leads to from the root, where most of a key is read; in any case of letters. */
  readonly #first = new Int32Array(256);
  /** The longest proper suffix of a node that is a node too. */
  readonly #fail: Int32Array;
  /** Numbers of the texts that end at a node. */
  readonly #ends: (number[] | undefined)[] = [undefined];
  /** The nearest node along `fail` where a text ends; 0: none. */
  readonly #nextEnd: Int32Array;

  /** Texts are byte strings in lower case, not empty. */
  constructor(literals: readonly Literal[]) {
    this.#literals = literals;
    const sizeMax = literals.reduce((sum, { text }) => sum + text.length, 1);
    this.#edges = new EdgeTable(sizeMax);
    const levels = this.#insertAll();
    this.#fail = new Int32Array(this.#ends.length);
    this.#nextEnd = new Int32Array(this.#ends.length);
    for (const level of levels) for (const edge of level) this.#link(edge);
    for (let byte = 0; byte < 256; byte++) this.#first[byte] = this.#edges.get(ROOT, lowerCase(byte));
  }

  /** Appends to `found` the number of each text that stands in the key, as often as it does. */
  find(key: Uint8Array, found: number[]): void {
    let node = ROOT;
    for (let i = 0; i < key.length; i++) {
      node = this.#next(node, key[i] as number);
      let end = this.#ends[node] === undefined ? (this.#nextEnd[node] as number) : node;
      for (; end !== ROOT; end = this.#nextEnd[end] as number) this.#report(end, i + 1, found);
    }
  }

  #next(from: number, byte: number): number {
    for (let node = from; node !== ROOT; node = this.#fail[node] as number) {
      const next = this.#edges.get(node, lowerCase(byte));
      if (next !== ROOT) return next;
    }
    return this.#first[byte] as number;
  }

  #report(node: number, endOffset: number, found: number[]): void {
    for (const number of this.#ends[node] as number[]) {
      const { text, atStart } = this.#literals[number] as Literal;
      if (!atStart || text.length === endOffset) found.push(number);
    }
  }

  /** Fills the trie; gives its edges by depth, so that a node's `fail` is known before those of its children. */
  #insertAll(): Edge[][] {
    const levels: Edge[][] = [];
    for (const [number, { text }] of this.#literals.entries()) {
      let node = ROOT;
      for (let depth = 0; depth < text.length; depth++) {
        const byte = text.charCodeAt(depth);
        let next = this.#edges.get(node, byte);
        if (next === ROOT) {
          next = this.#ends.push(undefined) - 1;
          this.#edges.set(node, byte, next);
          (levels[depth] ??= []).push({ parent: node, byte, node: next });
        }
        node = next;
      }
      (this.#ends[node] ??= []).push(number);
    }
    return levels;
  }

  #link({ parent, byte, node }: Edge): void {
    let fail = ROOT;
    if (parent !== ROOT) {
      let suffix = this.#fail[parent] as number;
      while ((fail = this.#edges.get(suffix, byte)) === ROOT && suffix !== ROOT)
        suffix = this.#fail[suffix] as number;
    }
    this.#fail[node] = fail;
    this.#nextEnd[node] = this.#ends[fail] === undefined ? (this.#nextEnd[fail] as number) : fail;
  }
}

interface Edge {
  readonly parent: number;
  readonly byte: number;
  readonly node: number;
}

function lowerCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Maps (node, byte) to a node other than the root; open addressing, at most half full. */
class EdgeTable {
  readonly #keys: Int32Array;
  readonly #nodes: Int32Array;
  readonly #mask: number;

  constructor(edgesMax: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * edgesMax + 2));
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#nodes = new Int32Array(size);
  }

  /** ROOT: there is no such edge. */
  get(node: number, byte: number): number {
    const key = node * 256 + byte;
    for (let slot = this.#slot(key); ; slot = (slot + 1) & this.#mask) {
      const found = this.#nodes[slot] as number;
      if (found === ROOT || this.#keys[slot] === key) return found;
    }
  }

  set(node: number, byte: number, next: number): void {
    const key = node * 256 + byte;
    let slot = this.#slot(key);
    while (this.#nodes[slot] !== ROOT) slot = (slot + 1) & this.#mask;
    this.#keys[slot] = key;
    this.#nodes[slot] = next;
  }

  #slot(key: number): number {
    const mixed = Math.imul(key, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}
