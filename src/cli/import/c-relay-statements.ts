// The text of a carbon-c-relay config as statements of words: comments gone, includes read in place.
import type { CommandWorld } from '../command-world.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';

export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly place: ImportPlace;
}

/** One statement, without its semicolon; there is at least one word. */
export type Statement = readonly Word[];

/** Files that include each other are read so deep. */
const INCLUDE_DEPTH_MAX = 16;

/** Reads a file and those it includes; throws the system's error for the first one. */
export function readStatements(
  file: string,
  world: Pick<CommandWorld, 'readFile' | 'listFiles'>,
  report: ImportReport,
  depth = 0,
): Statement[] {
  const statements = splitStatements(Buffer.from(world.readFile(file)).toString('utf8'), file, report);
  return statements.flatMap((statement) => {
    const [keyword, target] = statement;
    if (keyword?.text !== 'include') return [statement];
    const { place } = keyword;
    if (target === undefined || depth >= INCLUDE_DEPTH_MAX) {
      report.missed(
        place,
        target === undefined ? 'include without a file' : 'includes that nest without end',
      );
      return [];
    }
    // Relative to where carbon-c-relay was started, as it does; so are the files given to this command.
    const files = [...world.listFiles(target.text, '.')].sort();
    if (files.length === 0) report.missed(place, `include: no file is there for ${target.text}`);
    return files.flatMap((path) => {
      try {
        return readStatements(path, world, report, depth + 1);
      } catch (error) {
        report.missed(place, `include of ${path}: ${(error as Error).message}`);
        return [];
      }
    });
  });
}

/** Splits a text into statements. */
export function splitStatements(text: string, file: string, report: ImportReport): Statement[] {
  const statements: Statement[] = [];
  let words: Word[] = [];
  let line = 1;
  const token = /(\n)|[ \t\r]+|#[^\n]*|(;)|"((?:[^"\\]|\\[^])*)"|((?:\\[^\n]|[^\s;\\]|\\(?=\n))+)/gy;
  for (const match of text.matchAll(token)) {
    const [all, newline, end, quoted, plain] = match;
    const place = { file, line };
    if (newline !== undefined) line += 1;
    else if (end !== undefined) {
      if (words.length > 0) statements.push(words);
      words = [];
    } else if (quoted !== undefined) {
      words.push({ text: quoted.replaceAll('\\"', '"'), isQuoted: true, place });
      line += all.split('\n').length - 1;
    } else if (plain !== undefined) words.push({ text: plain, isQuoted: false, place });
  }
  const [first] = words;
  if (first !== undefined) report.missed(first.place, `"${first.text} …" does not end with a semicolon`);
  return statements;
}

/** Takes words from the front of a statement. */
export class WordReader {
  readonly #words: Statement;
  #at = 0;

  constructor(words: Statement) {
    this.#words = words;
  }

  get isDone(): boolean {
    return this.#at >= this.#words.length;
  }

  /** The place of the next word, or of the last one. */
  get place(): ImportPlace {
    const word = this.#words[Math.min(this.#at, this.#words.length - 1)];
    return word?.place ?? { file: '', line: 0 };
  }

  /** Takes the next word, whatever it is; empty at the end. */
  next(): string {
    const word = this.#words[this.#at];
    this.#at += 1;
    return word?.text ?? '';
  }

  /** Takes these words if they come next, none of them quoted. */
  take(...words: readonly string[]): boolean {
    const fits = words.every((text, i) => {
      const word = this.#words[this.#at + i];
      return word !== undefined && !word.isQuoted && word.text === text;
    });
    if (fits) this.#at += words.length;
    return fits;
  }

  /** Takes all words up to one of these, which is not taken. */
  until(...keywords: readonly string[]): string[] {
    const taken: string[] = [];
    for (let word = this.#words[this.#at]; word !== undefined; word = this.#words[this.#at]) {
      if (!word.isQuoted && keywords.includes(word.text)) break;
      taken.push(word.text);
      this.#at += 1;
    }
    return taken;
  }
}
