// Matches and rewrites of carbon-c-relay, each by itself.
import { type Statement, WordReader } from './c-relay-statements.ts';
import { translateRegex, translateReplacement } from './foreign-regex.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import { anchorsOf } from './pattern-shape.ts';

export interface Match {
  /** Empty: everything. */
  readonly regexes: readonly string[];
  readonly targets: readonly string[];
  readonly stop: boolean;
  /** Where `route using` stands, if it does: another text than the key is hashed. */
  readonly using: ImportPlace | undefined;
}

export interface Rewrite {
  /** As it stands there. */
  readonly pattern: string;
  readonly regex: string;
  readonly replacement: string;
}

const VALIDATE =
  'validate: where a line goes is decided by its key here, not by its value; lines that it would keep out go with the others, ' +
  'but for those that are no metrics, which count as invalid';

/** Reads `match <* | expression …> [validate …] [route using …] [send to …] [stop]`. */
export function readMatch(statement: Statement, report: ImportReport): Match | undefined {
  const words = new WordReader(statement);
  words.take('match');
  const regexes = readExpressions(words, report, 'validate', 'route', 'send', 'stop');
  if (words.take('validate')) {
    const { place } = words;
    words.next();
    if (words.take('else')) words.next();
    report.missed(place, VALIDATE);
  }
  const using = words.take('route', 'using') ? words.place : undefined;
  if (using !== undefined) words.until('send', 'stop');
  const targets = words.take('send', 'to') ? words.until('stop') : [];
  const stop = words.take('stop') || targets.includes('blackhole');
  if (!words.isDone) report.missed(words.place, `"${words.next()}" in a match`);
  return regexes && { regexes, targets, stop, using };
}

/** Reads `rewrite <expression> into <replacement>`. */
export function readRewrite(statement: Statement, report: ImportReport): Rewrite | undefined {
  const words = new WordReader(statement);
  words.take('rewrite');
  const { place } = words;
  const regex = translateRegex(words.next());
  words.take('into');
  const text = words.next();
  if (!regex.ok) {
    report.missed(place, regex.error);
    return undefined;
  }
  // There only the first match is replaced: what is before it is kept by a group of its own.
  const { start, end } = anchorsOf(regex.text);
  const once = start || end;
  const replacement = translateReplacement(text, once ? 0 : 1);
  if (replacement === undefined) {
    report.missed(place, `rewrite into ${text}: a group in another letter case, or with its dots replaced`);
    return undefined;
  }
  return once
    ? { pattern: regex.text, regex: regex.text, replacement }
    : { pattern: regex.text, regex: `^(.*?)(?:${regex.text})`, replacement: `\${1}${replacement}` };
}

/** Reads expressions up to a keyword; empty when `*` is among them, undefined when one cannot be used. */
export function readExpressions(
  words: WordReader,
  report: ImportReport,
  ...ends: string[]
): string[] | undefined {
  const { place } = words;
  const patterns = words.until(...ends);
  if (patterns.includes('*')) return [];
  const regexes: string[] = [];
  for (const pattern of patterns) {
    const regex = translateRegex(pattern);
    if (!regex.ok) {
      report.missed(place, regex.error);
      return undefined;
    }
    regexes.push(regex.text);
  }
  if (regexes.length > 0) return regexes;
  report.missed(place, 'a rule without an expression');
  return undefined;
}
