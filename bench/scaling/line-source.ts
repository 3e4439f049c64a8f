// Lines without end in one buffer that is written anew for each chunk: ten million series would not fit memory as text.

const ZERO = 0x30;
const DIGITS = 8;

/** Makes chunks of whole lines of one length, `id` of the series as its eight digits. */
export class LineSource {
  readonly lineBytes: number;
  readonly #buffer: Buffer;
  readonly #linesMax: number;
  readonly #idAt: number;

  /** `line` has eight zeros where the number of the series goes, and no newline. */
  constructor(line: string, chunkBytes: number) {
    this.lineBytes = line.length + 1;
    this.#linesMax = Math.floor(chunkBytes / this.lineBytes);
    this.#idAt = line.indexOf('0'.repeat(DIGITS));
    this.#buffer = Buffer.from(`${line}\n`.repeat(this.#linesMax), 'latin1');
  }

  /** Writes the next lines, at most `lines`, for the series that `idOf` names; the chunk is valid until the next call. */
  chunk(from: number, lines: number, idOf: (nth: number) => number): Buffer {
    const count = Math.min(lines, this.#linesMax);
    const buffer = this.#buffer;
    for (let line = 0; line < count; line++) {
      let rest = idOf(from + line);
      const at = line * this.lineBytes + this.#idAt;
      for (let digit = DIGITS - 1; digit >= 0; digit--) {
        const tens = Math.floor(rest / 10);
        buffer[at + digit] = ZERO + rest - tens * 10;
        rest = tens;
      }
    }
    return buffer.subarray(0, count * this.lineBytes);
  }
}
