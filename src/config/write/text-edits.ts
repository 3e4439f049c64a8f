// Changes of a text: ranges that are replaced, applied all at once. What is put in at one place keeps the order in which it
// was asked for.
import type { Range } from './source-file.ts';

interface Edit extends Range {
  readonly text: string;
}

export class TextEdits {
  readonly #text: string;
  readonly #edits: Edit[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  get count(): number {
    return this.#edits.length;
  }

  replace({ start, end }: Range, text: string): void {
    this.#edits.push({ start, end, text });
  }

  insert(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text });
  }

  /** Takes out the lines of a range. */
  removeLines({ start, end }: Range): void {
    this.#edits.push({ start: this.lineStart(start), end: this.lineEnd(end), text: '' });
  }

  /** Takes out the lines of a range, the comments right above them, and an empty line below. */
  removeBlock({ start, end }: Range): void {
    const below = this.lineEnd(end);
    const isEmpty = /^[ \t]*\r?\n/.test(this.#text.slice(below));
    this.#edits.push({ start: this.blockStart(start), end: isEmpty ? this.lineEnd(below) : below, text: '' });
  }

  /** Where the comments right above a line begin. What stands at the very top is about the file. */
  blockStart(offset: number): number {
    let start = this.lineStart(offset);
    while (start > 0) {
      const above = this.lineStart(start - 1);
      if (above === 0 || !/^[ \t]*#/.test(this.#text.slice(above, start))) return start;
      start = above;
    }
    return start;
  }

  lineStart(offset: number): number {
    return offset === 0 ? 0 : this.#text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** The place behind the end of a line. */
  lineEnd(offset: number): number {
    const newline = this.#text.indexOf('\n', offset);
    return newline < 0 ? this.#text.length : newline + 1;
  }

  /** The text with all changes; undefined when two of them concern the same place. */
  apply(): string | undefined {
    const edits = this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
    let result = '';
    let at = 0;
    for (const { start, end, text } of edits) {
      if (start < at) return undefined;
      result += this.#text.slice(at, start) + text;
      at = end;
    }
    return result + this.#text.slice(at);
  }
}
