// An aggregate of carbon-c-relay: its expressions as one, and its results.
//
// There the name of a result takes the place of what the expression matched, and what stands before and after that in the
// key stays, as in a rewrite; but only where the expression has groups: without any the name is the whole key.
import type { AggregatorFunction, AggregatorOptions } from '../../table/options.ts';
import { type Statement, WordReader } from './c-relay-statements.ts';
import { readExpressions } from './c-relay-rules.ts';
import { anyOf, groupCount, translateReplacement } from './foreign-regex.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import { anchorsOf } from './pattern-shape.ts';

export interface Aggregate {
  /** As they stand there; empty: everything. */
  readonly regexes: readonly string[];
  /** All of them in one, with the groups that the formats name. */
  readonly regex: string;
  readonly intervalSec: number;
  readonly expireSec: number;
  readonly timestamp: AggregatorOptions['timestamp'];
  readonly outputs: readonly { readonly function: string; readonly format: string }[];
  readonly targets: readonly string[];
  readonly stop: boolean;
}

/** A result as it is written there. */
interface Compute {
  readonly function: string;
  readonly text: string;
  readonly place: ImportPlace;
}

const FUNCTIONS: Readonly<Record<string, AggregatorFunction>> = {
  sum: 'sum',
  count: 'count',
  max: 'max',
  min: 'min',
  average: 'avg',
  // There too it is the 50th percentile.
  median: 'p50_nearest',
  variance: 'variance',
  stddev: 'stdev',
};

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
  const timestamp = readTimestamp(words, report);
  const computes = readComputes(words, report);
  const targets = words.take('send', 'to') ? words.until('stop') : [];
  const stop = words.take('stop');
  if (!words.isDone) report.missed(words.place, `"${words.next()}" in an aggregate`);
  const whole = regexes && joinExpressions(regexes);
  if (whole === undefined) {
    if (regexes !== undefined) {
      report.missed(place, 'expressions with groups beside some without: give each an aggregate of its own');
    }
    return undefined;
  }
  const outputs = computes.flatMap((compute) => renderOutput(compute, whole, report));
  const isGood = Number.isInteger(intervalSec) && Number.isInteger(expireSec) && intervalSec > 0;
  if (outputs.length === 0 || !isGood) {
    report.missed(place, 'an aggregate without an interval or a result that can be used');
    return undefined;
  }
  if (regexes?.length === 0) report.note(place, 'aggregates everything');
  return {
    regexes: regexes ?? [],
    regex: whole.regex,
    intervalSec,
    expireSec,
    timestamp,
    outputs,
    targets,
    stop,
  };
}

function readTimestamp(words: WordReader, report: ImportReport): AggregatorOptions['timestamp'] {
  if (!words.take('timestamp', 'at')) return 'end';
  const { place } = words;
  const text = words.next();
  words.take('of', 'bucket');
  if (text === 'start' || text === 'middle' || text === 'end') return text;
  report.missed(place, `timestamp at ${text}`);
  return 'end';
}

function readComputes(words: WordReader, report: ImportReport): Compute[] {
  const computes: Compute[] = [];
  while (words.take('compute')) {
    const { place } = words;
    const name = words.next();
    words.take('write', 'to');
    const text = words.next();
    const percent = /^percentile(\d{1,2})$/.exec(name)?.[1];
    const fn = percent === undefined ? FUNCTIONS[name] : `p${Number(percent)}_nearest`;
    if (fn === undefined || fn.startsWith('p0')) report.missed(place, `compute ${name} write to ${text}`);
    else computes.push({ function: fn, text, place });
    if (fn?.endsWith('_nearest') === true) {
      report.note(
        place,
        `${name}: carbon-c-relay does not order values that are less than 1 apart; here they are`,
      );
    }
  }
  return computes;
}

/** Expressions as one: where the groups of each begin, and those of what stays before and after a match, if there are. */
interface Whole {
  readonly regex: string;
  readonly parts: readonly { readonly shift: number; readonly before: string; readonly after: string }[];
}

/** Joins expressions; undefined where some have groups and some have not. */
function joinExpressions(regexes: readonly string[]): Whole | undefined {
  if (regexes.length === 0) return { regex: '.*', parts: [] };
  const withGroups = regexes.filter((regex) => groupCount(regex) > 0);
  if (withGroups.length === 0) return { regex: anyOf(regexes), parts: [] };
  if (withGroups.length < regexes.length) return undefined;
  const parts: Whole['parts'][number][] = [];
  let groups = 0;
  const texts = regexes.map((regex) => {
    const { start, end } = anchorsOf(regex);
    const shift = groups + (start ? 0 : 1);
    const last = shift + groupCount(regex) + 1;
    parts.push({ shift, before: start ? '' : `\${${shift}}`, after: end ? '' : `\${${last}}` });
    groups = end ? last - 1 : last;
    if (start && end) return regex;
    // Of several ways the one that begins first, with all that follows.
    return `${start ? '' : '^(.*?)'}${start ? regex : `(?:${regex})`}${end ? '' : '(.*)$'}`;
  });
  return { regex: anyOf(texts), parts };
}

/** Renders a result's name for all expressions: of those that did not match the groups are empty. */
function renderOutput({ function: fn, text, place }: Compute, { parts }: Whole, report: ImportReport) {
  const missed = (): [] => {
    report.missed(place, `compute … write to ${text}: what stands there has no place in a name here`);
    return [];
  };
  if (parts.length === 0) {
    return text.includes('\\') ? missed() : [{ function: fn, format: text.replaceAll('$', '$$$$') }];
  }
  const pieces = text.split(/(\\\d{1,2})/);
  const all = (piece: string): string[] => parts.map(({ shift }) => translateReplacement(piece, shift) ?? '');
  if (pieces.some((piece) => translateReplacement(piece, 0) === undefined)) return missed();
  const name = pieces
    .map((piece, i) => (i % 2 === 1 ? all(piece).join('') : (translateReplacement(piece, 0) ?? '')))
    .join('');
  const before = parts.map((part) => part.before).join('');
  const after = parts.map((part) => part.after).join('');
  return [{ function: fn, format: `${before}${name}${after}` }];
}
