// Matches, rewrites and aggregates of carbon-c-relay, each by itself.
import type { AggregatorFunction, AggregatorOptions } from '../../table/options.ts';
import { type Statement, WordReader } from './c-relay-statements.ts';
import { matchesOnce, translateRegex, translateReplacement } from './foreign-regex.ts';
import type { ImportReport } from './import-report.ts';

export interface Match {
  /** Empty: everything. */
  readonly regexes: readonly string[];
  readonly targets: readonly string[];
  readonly stop: boolean;
}

export interface Rewrite {
  readonly regex: string;
  readonly replacement: string;
}

export interface Aggregate {
  readonly regexes: readonly string[];
  readonly intervalSec: number;
  readonly expireSec: number;
  readonly timestamp: AggregatorOptions['timestamp'];
  readonly outputs: readonly { readonly function: string; readonly format: string }[];
  readonly targets: readonly string[];
  readonly stop: boolean;
}

const FUNCTIONS: Readonly<Record<string, AggregatorFunction>> = {
  sum: 'sum',
  count: 'count',
  max: 'max',
  min: 'min',
  average: 'avg',
  median: 'median',
  variance: 'variance',
  stddev: 'stdev',
};

/** Reads `match <* | expression …> [validate …] [route using …] [send to …] [stop]`. */
export function readMatch(statement: Statement, report: ImportReport): Match | undefined {
  const words = new WordReader(statement);
  words.take('match');
  const regexes = readExpressions(words, report, 'validate', 'route', 'send', 'stop');
  if (words.take('validate')) {
    const { place } = words;
    words.next();
    if (words.take('else')) words.next();
    report.missed(place, 'validate: values and timestamps are checked here anyway, with rules of their own');
  }
  if (words.take('route', 'using')) {
    report.missed(words.place, 'route using: the key itself is hashed');
    words.until('send', 'stop');
  }
  const targets = words.take('send', 'to') ? words.until('stop') : [];
  const stop = words.take('stop') || targets.includes('blackhole');
  if (!words.isDone) report.missed(words.place, `"${words.next()}" in a match`);
  return regexes && { regexes, targets, stop };
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
  const once = matchesOnce(regex.text);
  const replacement = translateReplacement(text, once ? 0 : 1);
  if (replacement === undefined) {
    report.missed(place, `rewrite into ${text}: a group in another letter case, or with its dots replaced`);
    return undefined;
  }
  return once
    ? { regex: regex.text, replacement }
    : { regex: `^(.*?)(?:${regex.text})`, replacement: `\${1}${replacement}` };
}

/** Reads `aggregate <expression …> every … expire after … [timestamp at …] compute … write to … [send to …] [stop]`. */
export function readAggregate(statement: Statement, report: ImportReport): Aggregate | undefined {
  const words = new WordReader(statement);
  words.take('aggregate');
  const { place } = words;
  const regexes = readExpressions(words, report, 'every');
  words.take('every');
  const intervalSec = Number(words.next());
  words.take('seconds');
  words.take('expire', 'after');
  const expireSec = Number(words.next());
  words.take('seconds');
  let timestamp: AggregatorOptions['timestamp'] = 'end';
  if (words.take('timestamp', 'at')) {
    const { place: at } = words;
    const text = words.next();
    if (text === 'start' || text === 'middle' || text === 'end') timestamp = text;
    else report.missed(at, `timestamp at ${text}`);
    words.take('of', 'bucket');
  }
  const outputs = readComputes(words, report);
  const targets = words.take('send', 'to') ? words.until('stop') : [];
  const stop = words.take('stop');
  if (!words.isDone) report.missed(words.place, `"${words.next()}" in an aggregate`);
  const isGood = Number.isInteger(intervalSec) && Number.isInteger(expireSec) && intervalSec > 0;
  if (regexes === undefined || outputs.length === 0 || !isGood) {
    report.missed(place, 'an aggregate without an expression, an interval or a result that can be used');
    return undefined;
  }
  if (regexes.length === 0) {
    report.note(place, 'aggregates everything');
    return { regexes: ['.*'], intervalSec, expireSec, timestamp, outputs, targets, stop };
  }
  if (regexes.length > 1 && outputs.some(({ format }) => format.includes('${'))) {
    report.missed(place, 'several expressions with groups: give each an aggregate of its own');
    return undefined;
  }
  return { regexes, intervalSec, expireSec, timestamp, outputs, targets, stop };
}

function readComputes(words: WordReader, report: ImportReport): Aggregate['outputs'] {
  const outputs: { function: string; format: string }[] = [];
  while (words.take('compute')) {
    const { place } = words;
    const name = words.next();
    words.take('write', 'to');
    const text = words.next();
    const percentile = /^percentile(\d{1,2})$/.exec(name)?.[1];
    const fn = percentile === undefined ? FUNCTIONS[name] : `p${Number(percentile)}`;
    const format = translateReplacement(text, 0);
    if (fn === undefined || format === undefined) report.missed(place, `compute ${name} write to ${text}`);
    else outputs.push({ function: fn, format });
  }
  return outputs;
}

/** Reads expressions up to a keyword; empty when `*` is among them, undefined when one cannot be used. */
function readExpressions(words: WordReader, report: ImportReport, ...ends: string[]): string[] | undefined {
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
