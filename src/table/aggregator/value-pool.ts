// The values of windows whose functions need all of them, in order of arrival: chunks of a fixed size, linked, from pages
// that are made as they are needed and never copied. Bounded: a value for which there is no room is refused.

/** Values of a chunk. */
export const CHUNK_VALUES = 32;
const PAGE_CHUNKS = 2048;

export class ValuePool {
  readonly #chunksMax: number;
  readonly #pages: Float64Array[] = [];
  /** The next chunk of the same window, or of the free list; -1: none. */
  #next = new Int32Array(0);
  #free = -1;
  #used = 0;

  /** Holds at most about `valuesMax` values. */
  constructor(valuesMax: number) {
    this.#chunksMax = Math.max(1, Math.floor(valuesMax / CHUNK_VALUES));
  }

  /** Chunks in use. */
  get used(): number {
    return this.#used;
  }

  /** Takes a chunk and links it behind `after` (-1: behind none); -1 when there is no room. */
  take(after: number): number {
    if (this.#free < 0 && !this.#addPage()) return -1;
    const chunk = this.#free;
    this.#free = this.#next[chunk] as number;
    this.#next[chunk] = -1;
    if (after >= 0) this.#next[after] = chunk;
    this.#used += 1;
    return chunk;
  }

  /** Writes value `index` of a chunk. */
  set(chunk: number, index: number, value: number): void {
    (this.#pages[chunk >>> 11] as Float64Array)[(chunk & (PAGE_CHUNKS - 1)) * CHUNK_VALUES + index] = value;
  }

  /** Copies the first `count` values of a list of chunks. */
  read(first: number, count: number): Float64Array {
    const values = new Float64Array(count);
    let chunk = first;
    for (let at = 0; at < count; at += CHUNK_VALUES) {
      const from = (chunk & (PAGE_CHUNKS - 1)) * CHUNK_VALUES;
      const page = this.#pages[chunk >>> 11] as Float64Array;
      values.set(page.subarray(from, from + Math.min(CHUNK_VALUES, count - at)), at);
      chunk = this.#next[chunk] as number;
    }
    return values;
  }

  /** Gives a list of chunks back. */
  give(first: number): void {
    for (let chunk = first; chunk >= 0; ) {
      const next = this.#next[chunk] as number;
      this.#next[chunk] = this.#free;
      this.#free = chunk;
      this.#used -= 1;
      chunk = next;
    }
  }

  #addPage(): boolean {
    const first = this.#pages.length * PAGE_CHUNKS;
    const count = Math.min(PAGE_CHUNKS, this.#chunksMax - first);
    if (count <= 0) return false;
    this.#pages.push(new Float64Array(PAGE_CHUNKS * CHUNK_VALUES));
    const next = new Int32Array(first + PAGE_CHUNKS);
    next.set(this.#next);
    this.#next = next;
    for (let chunk = first + count - 1; chunk >= first; chunk--) {
      next[chunk] = this.#free;
      this.#free = chunk;
    }
    return true;
  }
}
