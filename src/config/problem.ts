// What can be wrong with a config, and where. Reading a config never throws: it collects problems.

/** A place in a config file, both counted from 1. Line 0: `file` names an environment variable or a flag instead. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `unknown`: a key that means nothing here; a warning to `run`, an error to `check` and under `--strict`. */
export type ProblemKind = 'error' | 'unknown' | 'warning';

/** One thing to tell the user about his config. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly place: Place;
  readonly message: string;
}

/** Makes the place of a value that came from outside any file: an environment variable or a flag. */
export function outsidePlace(name: string): Place {
  return { file: name, line: 0, column: 0 };
}

/** Renders a problem as `file:line:column: message`, on one line. */
export function renderProblem(problem: Problem): string {
  const { file, line, column } = problem.place;
  const where = line === 0 ? file : `${file}:${line}:${column}`;
  return `${where}: ${oneLine(problem.message)}`;
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

/** Collects problems while a config is read. */
export class Problems {
  readonly list: Problem[] = [];

  /** Notes something that makes the config unusable. */
  error(place: Place, message: string): void {
    this.list.push({ kind: 'error', place, message });
  }

  /** Notes something worth knowing that stops nothing. */
  warn(place: Place, message: string): void {
    this.list.push({ kind: 'warning', place, message });
  }

  /** Notes a key that means nothing. */
  unknown(place: Place, message: string): void {
    this.list.push({ kind: 'unknown', place, message });
  }

  /** Tells whether anything is an error. */
  get failed(): boolean {
    return this.list.some((problem) => problem.kind === 'error');
  }
}

/** Orders problems by their place: what came from outside any file first, then file by file as in `files`. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ file, line }: Place): number => (line === 0 ? -1 : files.indexOf(file));
  return problems.toSorted(
    ({ place: a }, { place: b }) => rank(a) - rank(b) || a.line - b.line || a.column - b.column,
  );
}
