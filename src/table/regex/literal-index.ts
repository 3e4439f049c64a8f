// Finds which of many texts stand in a key, in one pass over its bytes (Aho-Corasick). Letters compare without case.
//
// The trie's edges lie in one hash table (node and byte -> node): some 30 bytes for each byte of text. A key of n bytes costs
// at most 2n look-ups, however many texts there are. As long as it stays small there is a row of all transitions for each
// node as well, one entry for each byte that occurs in a text, and a byte of a key costs one look-up in an array: the search
// was an eighth of what a new series costs under ten rules (bench/micro/new-series.ts).
import type { Literal } from './literals.ts';

const ROOT = 0;
/** Most entries of all rows. */
const ROW_ENTRIES_MAX = 1 << 18;

/** An immutable set of texts; each has the number of its place in the list it was made of. */
export class LiteralIndex {
  readonly #literals: readonly Literal[];
  readonly #edges: EdgeTable;
  readonly #rows: Rows | undefined;
  /** The longest proper suffix of a node that is a node too. */
  readonly #fail: Int32Array;
  /** Numbers of the texts that end at a node. */
  readonly #ends: (number[] | undefined)[] = [undefined];
  /** The nearest node along `fail` where a text ends; 0: none. */
  readonly #nextEnd: Int32Array;
  /** The same, or the node itself where one ends there. */
  readonly #firstEnd: Int32Array;

  /** Texts are byte strings in lower case, not empty. */
  constructor(literals: readonly Literal[]) {
    this.#literals = literals;
    const sizeMax = literals.reduce((sum, { text }) => sum + text.length, 1);
    this.#edges = new EdgeTable(sizeMax);
    const levels = this.#insertAll();
    this.#fail = new Int32Array(this.#ends.length);
    this.#nextEnd = new Int32Array(this.#ends.length);
    for (const level of levels) for (const edge of level) this.#link(edge);
    this.#firstEnd = this.#nextEnd.map((next, node) => (this.#ends[node] === undefined ? next : node));
    this.#rows = makeRows(levels.flat(), this.#fail, this.#firstEnd);
  }

  /** Appends to `found` the number of each text that stands in the key, as often as it does. */
  find(key: Uint8Array, found: number[]): void {
    if (this.#rows !== undefined) {
      this.#findByRows(this.#rows, key, found);
      return;
    }
    let node = ROOT;
    for (let i = 0; i < key.length; i++) {
      node = this.#next(node, lowerCase(key[i] as number));
      this.#reportAll(node, i + 1, found);
    }
  }

  #findByRows({ rows, width, columnOf }: Rows, key: Uint8Array, found: number[]): void {
    let row = 0;
    for (let i = 0; i < key.length; i++) {
      const next = rows[row + (columnOf[key[i] as number] as number)] as number;
      if (next >= 0) row = next;
      else {
        row = ~next;
        this.#reportAll(row / width, i + 1, found);
      }
    }
  }

  #next(from: number, byte: number): number {
    for (let node = from; node !== ROOT; node = this.#fail[node] as number) {
      const next = this.#edges.get(node, byte);
      if (next !== ROOT) return next;
    }
    return this.#edges.get(ROOT, byte);
  }

  /** Reports the texts that end at a node, and at the nodes along its `fail`. */
  #reportAll(node: number, endOffset: number, found: number[]): void {
    let end = this.#firstEnd[node] as number;
    for (; end !== ROOT; end = this.#nextEnd[end] as number) this.#report(end, endOffset, found);
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

/**
 * Where each byte leads from each node: row of the node, column of the byte. It says where the row of the next node begins,
 * as ~begin when a text ends there, so that nothing else is read for a byte at which none does.
 */
interface Rows {
  readonly rows: Int32Array;
  readonly width: number;
  /** Column 0: the byte stands in no text. */
  readonly columnOf: Uint8Array;
}

/** `edges` come by depth; undefined: there are too many. */
function makeRows(edges: readonly Edge[], fail: Int32Array, firstEnd: Int32Array): Rows | undefined {
  const columnOf = new Uint8Array(256);
  const bytes = [...new Set(edges.map(({ byte }) => byte))];
  const width = bytes.length + 1;
  if (width > 256 || fail.length * width > ROW_ENTRIES_MAX) return undefined;
  for (const [index, byte] of bytes.entries()) columnOf[byte] = index + 1;
  for (let byte = 0; byte < 256; byte++) columnOf[byte] = columnOf[lowerCase(byte)] as number;
  const nodes = new Int32Array(fail.length * width);
  // A row begins as that of its node's `fail`, which is complete, and has its own edges before its children are made.
  const children = Map.groupBy(edges, ({ parent }) => parent);
  const fill = (node: number): void => {
    const from = (fail[node] as number) * width;
    if (node !== ROOT) nodes.copyWithin(node * width, from, from + width);
    for (const edge of children.get(node) ?? [])
      nodes[node * width + (columnOf[edge.byte] as number)] = edge.node;
  };
  fill(ROOT);
  for (const { node } of edges) fill(node);
  const rows = nodes.map((node) => (firstEnd[node] === ROOT ? node * width : ~(node * width)));
  return { rows, width, columnOf };
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
