// The command that adds an aggregator.
import { isAggregatorFunction } from '../../table/aggregator-options.ts';
import type { AggregatorOptions } from '../../table/options.ts';
import {
  type Command,
  isWord,
  parseIndex,
  parseOptionWords,
  takeConditions,
  type WordOption,
} from './imperative-words.ts';

const FORM =
  '<avg|count|delta|derive|last|max|min|stdev|sum> [prefix/sub/regex=,..] <fmt> <interval> <wait> [cache=true/false] [dropRaw=true/false]';

/** Words that are conditions; a format may hold `=` too. */
const CONDITION = /^(?:prefix|notPrefix|sub|notSub|regex|notRegex|tag)=/;

type Rest = Pick<AggregatorOptions, 'cache' | 'dropRaw' | 'late' | 'timestamp'>;

/** `addAgg`; before the conditions had names, the first word was the regex, and still may be. */
export const ADD_AGG: Command = {
  names: ['addAgg'],
  form: FORM,
  doc: 'aggregate what matches over windows of <interval> seconds, which leave <wait> seconds after they start; <fmt> names the result, with $1 or ${1} for the groups of the regex. Also median, variance, percentiles, p95; late=count/amend, timestamp=start/middle/end',
  parse([name, ...words]) {
    if (!isWord(name)) return `addAgg ${FORM}`;
    if (!isAggregatorFunction(name)) return `no such aggregation function '${name}'`;
    const conditions: WordOption[] = [];
    let at = 0;
    const [first] = words;
    if (isWord(first) && !CONDITION.test(first)) {
      conditions.push({ name: 'regex', value: first, word: first });
      at = 1;
    }
    while (at < words.length && CONDITION.test(words[at]!)) {
      const taken = words[at]!.endsWith('=') ? words.slice(at, at + 2) : words.slice(at, at + 1);
      const options = parseOptionWords(taken);
      if (typeof options === 'string') return options;
      conditions.push(...options);
      at += taken.length;
    }
    const empty = conditions.find(({ value }) => value === '');
    if (empty !== undefined) return `bad ${empty.name} option`;
    const { matcher } = takeConditions(conditions);
    if (matcher.regex === undefined) return 'need a regex string';
    const [format, interval, wait, ...more] = words.slice(at);
    if (!isWord(format)) return 'need a format string';
    const intervalSec = parseIndex(interval);
    if (intervalSec === undefined) return 'need an interval number';
    const waitSec = parseIndex(wait);
    if (waitSec === undefined) return 'need a wait number';
    const rest = parseRest(more.filter(isWord));
    if (typeof rest === 'string') return rest;
    const outputs = [{ function: name, format }];
    return { kind: 'addAgg', aggregator: { matcher, outputs, intervalSec, waitSec, ...rest } };
  },
};

function parseRest(words: readonly string[]): Rest | string {
  const options = parseOptionWords(words);
  if (typeof options === 'string') return options;
  let rest: Rest = { cache: true, dropRaw: false, late: 'count', timestamp: 'start' };
  for (const { name, value, word } of options) {
    const isBool = value === 'true' || value === 'false';
    if ((name === 'cache' || name === 'dropRaw') && isBool) rest = { ...rest, [name]: value === 'true' };
    else if (name === 'late' && (value === 'count' || value === 'amend')) rest = { ...rest, late: value };
    else if (name === 'timestamp' && isTimestamp(value)) rest = { ...rest, timestamp: value };
    else return `unrecognized option '${word}'`;
  }
  return rest;
}

function isTimestamp(value: string): value is AggregatorOptions['timestamp'] {
  return value === 'start' || value === 'middle' || value === 'end';
}
