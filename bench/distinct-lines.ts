// Tells lines that came twice from lines that came: a paced load stamps every line, so that series and stamp together name it.
import { STAMP_DIGITS, STAMP_MARK, STAMP_MODULUS } from './series-lines.ts';

const SERIES_FIELD = '.s';
const SERIES_DIGITS = 6;
const SERIES_MAX = 10 ** SERIES_DIGITS;
const MARK = String.fromCharCode(STAMP_MARK);

/** Counts the different lines among those of one load; holds a number for each, so that it is for some 100,000 lines. */
export class DistinctLines {
  readonly #seen = new Set<number>();
  #firstStamp: number | undefined;

  /** How many different lines came. */
  get count(): number {
    return this.#seen.size;
  }

  /** Takes a line without its newline; one that is not of the load counts for nothing. */
  add(line: string): void {
    const field = line.indexOf(SERIES_FIELD);
    const mark = line.lastIndexOf(MARK);
    if (field < 0 || mark < field) return;
    const series = Number(
      line.slice(field + SERIES_FIELD.length, field + SERIES_FIELD.length + SERIES_DIGITS),
    );
    const stamp = Number(line.slice(mark + 1, mark + 1 + STAMP_DIGITS));
    if (Number.isNaN(series) || Number.isNaN(stamp)) return;
    this.#firstStamp ??= stamp;
    // From the first, so that both fit into one number; a line may be older than the first that came.
    this.#seen.add((signedDistance(this.#firstStamp, stamp) + STAMP_MODULUS / 1000) * SERIES_MAX + series);
  }
}

function signedDistance(from: number, to: number): number {
  const ahead = (to - from + STAMP_MODULUS) % STAMP_MODULUS;
  return ahead > STAMP_MODULUS / 2 ? ahead - STAMP_MODULUS : ahead;
}

/** Cuts the chunks of one stream into lines. */
export class LineCutter {
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }
}
