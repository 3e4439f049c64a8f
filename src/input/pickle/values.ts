// The values of one payload while it is read: rows of typed arrays, so that a metric makes no object. A value is its row's
// number. A row holds what its kind says:
//
//   kind      number          link
//   text      offset          length          of the bytes of the payload
//   scratch   offset          length          of `scratch`: texts that were written with escapes
//   int       the value       -
//   bigint    -               index in `bigints`
//   float     the value       -
//   pair      value           value           a tuple of two
//   list      first cell      last cell       0: none; cells are chained
//   other     -               -               anything that no metric holds: None, a bool, bytes, a dict, other tuples
//
// Rows are as many as the payload may need from the start, so that nothing grows while it is read.

export const OTHER = 0;
export const TEXT = 1;
export const SCRATCH = 2;
export const INT_VALUE = 3;
export const BIGINT = 4;
export const FLOAT_VALUE = 5;
export const PAIR = 6;
export const LIST_VALUE = 7;
export const MARK_VALUE = 8;
export const BYTES_MAKER = 9;

/** Rows that are always there: what is no part of a metric, and the mark. */
export const OTHER_ROW = 0;
export const MARK_ROW = 1;
const FIRST_ROW = 2;

/** Rows, stack and memo of any payload; a large one has a row for each three bytes. */
const ROWS_MIN = 16_384;
const BYTES_PER_ROW = 3;
/** So many are kept when the next payload needs far fewer. */
const ROWS_KEPT = 524_288;

export class Values {
  readonly rowsMax: number;
  readonly kinds: Uint8Array;
  readonly numbers: Float64Array;
  readonly links: Int32Array;
  readonly stack: Int32Array;
  /** Row and one, by memo index; 0: nothing. */
  readonly memo: Int32Array;
  readonly cellRows: Int32Array;
  readonly cellNexts: Int32Array;
  readonly bigints: string[] = [];
  scratch: Buffer = Buffer.alloc(0);
  scratchUsed = 0;
  rows = FIRST_ROW;
  cells = 1;
  memoEnd = 0;

  private constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
    this.kinds = new Uint8Array(rowsMax);
    this.numbers = new Float64Array(rowsMax);
    this.links = new Int32Array(rowsMax);
    this.stack = new Int32Array(rowsMax);
    this.memo = new Int32Array(rowsMax);
    this.cellRows = new Int32Array(rowsMax);
    this.cellNexts = new Int32Array(rowsMax);
    this.kinds[OTHER_ROW] = OTHER;
    this.kinds[MARK_ROW] = MARK_VALUE;
  }

  /** Makes room for a payload of so many bytes; `before` is taken again when it is neither too small nor far too large. */
  static for(payloadBytes: number, before: Values | undefined): Values {
    const rowsMax = Math.max(ROWS_MIN, Math.ceil(payloadBytes / BYTES_PER_ROW));
    if (
      before === undefined ||
      before.rowsMax < rowsMax ||
      before.rowsMax > Math.max(ROWS_KEPT, rowsMax * 16)
    ) {
      return new Values(rowsMax);
    }
    before.#clear();
    return before;
  }

  /** Writes a row; its number. The caller has looked that there is room. */
  add(kind: number, number: number, link: number): number {
    const row = this.rows++;
    this.kinds[row] = kind;
    this.numbers[row] = number;
    this.links[row] = link;
    return row;
  }

  /** Puts a value at the end of a list. */
  append(list: number, row: number): void {
    const cell = this.cells++;
    this.cellRows[cell] = row;
    this.cellNexts[cell] = 0;
    if (this.links[list] === 0) this.numbers[list] = cell;
    else this.cellNexts[this.links[list] ?? 0] = cell;
    this.links[list] = cell;
  }

  /** Keeps a value under an index of the memo; false: the index is beyond it. */
  keep(index: number, row: number): boolean {
    if (index >= this.rowsMax) return false;
    this.memo[index] = row + 1;
    if (index >= this.memoEnd) this.memoEnd = index + 1;
    return true;
  }

  /** Keeps a text that does not stand in the payload as it is; its row. */
  addScratch(text: Uint8Array): number {
    const offset = this.scratchUsed;
    if (offset + text.length > this.scratch.length) {
      const grown = Buffer.alloc(Math.max(1024, this.scratch.length * 2, offset + text.length));
      this.scratch.copy(grown, 0, 0, offset);
      this.scratch = grown;
    }
    this.scratch.set(text, offset);
    this.scratchUsed = offset + text.length;
    return this.add(SCRATCH, offset, text.length);
  }

  #clear(): void {
    this.memo.fill(0, 0, this.memoEnd);
    this.memoEnd = 0;
    this.rows = FIRST_ROW;
    this.cells = 1;
    this.bigints.length = 0;
    this.scratchUsed = 0;
    if (this.scratch.length > ROWS_MIN) this.scratch = Buffer.alloc(0);
  }
}
