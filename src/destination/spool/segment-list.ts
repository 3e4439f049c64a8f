// The segments of a spool that are still of use, oldest first, with their sums. The last one may be the one that is
// written to. What the cursor has passed, or a cap has pushed out, leaves the list before its file is deleted.
import type { Amount, Segment } from './segment.ts';

export class SegmentList {
  readonly #segments: Segment[] = [];
  readonly #sum: Amount = { lines: 0, bytes: 0 };
  #fileBytes = 0;

  /** Lines and payload bytes that are neither acknowledged nor lost, in segments that left the list too. */
  get left(): Readonly<Amount> {
    return this.#sum;
  }

  /** Bytes of the files in the list. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  get count(): number {
    return this.#segments.length;
  }

  get first(): Segment | undefined {
    return this.#segments[0];
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  /** Adds a segment behind all others. */
  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#fileBytes += segment.fileBytes;
    segment.addTo(this.#sum);
  }

  /** Takes the oldest segment off. */
  shift(): void {
    this.#fileBytes -= this.#segments.shift()?.fileBytes ?? 0;
  }

  /** Takes the newest segment off, when it is this one. */
  pop(segment: Segment): void {
    if (this.#segments.at(-1) !== segment) return;
    this.#segments.pop();
    this.#fileBytes -= segment.fileBytes;
  }

  /** Sets the size of a segment's file. */
  resize(segment: Segment, fileBytes: number): void {
    this.#fileBytes += fileBytes - segment.fileBytes;
    segment.fileBytes = fileBytes;
  }

  /** Takes note that a segment's file was of another size before. */
  resized(segment: Segment, beforeBytes: number): void {
    this.#fileBytes += segment.fileBytes - beforeBytes;
  }

  /** Finds the first segment whose number is `number` or higher. */
  from(number: number): Segment | undefined {
    const { first } = this;
    if (first === undefined || first.number >= number) return first;
    // Numbers have gaps only where files were lost, so the place is nearly always this one.
    const guess = this.#segments[number - first.number];
    return guess?.number === number ? guess : this.#segments.find((segment) => segment.number >= number);
  }
}
