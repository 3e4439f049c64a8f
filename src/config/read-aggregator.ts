// An `[[aggregation]]`, and the rules that one made by a command must keep too.
import { RE2JS } from 're2js';
import { AGGREGATOR_FUNCTIONS, isAggregatorFunction } from '../table/aggregator-options.ts';
import type { AggregatorFunction, AggregatorOptions, AggregatorOutput } from '../table/options.ts';
import { patternError } from './check-pattern.ts';
import { findNearest } from './nearest.ts';
import type { Overrides } from './overrides.ts';
import type { Place, Problems } from './problem.ts';
import { checkMatcher, readMatcher } from './read-matcher.ts';
import { AGGREGATION_OUTPUT_SECTION, AGGREGATION_SECTION } from './sections.ts';
import { readSettings, type Settings } from './settings.ts';
import type { TomlTable } from './toml-tree.ts';

/** What a problem of an aggregator can be about. */
type Subject = 'function' | 'format' | 'regex' | 'notRegex' | 'interval' | 'wait';

/** Reads an `[[aggregation]]`; undefined after noting what is wrong. */
export function readAggregator(
  table: TomlTable,
  overrides: Overrides,
  problems: Problems,
): AggregatorOptions | undefined {
  const errors = countErrors(problems);
  const settings = readSettings(
    { section: AGGREGATION_SECTION, table, place: table.place, overrides },
    problems,
  );
  const matcher = readMatcher(settings, problems);
  const outputs = readOutputs(table, settings, overrides, problems);
  const options: AggregatorOptions = {
    matcher,
    outputs,
    intervalSec: settings.number('interval'),
    waitSec: settings.number('wait'),
    dropRaw: settings.boolean('dropRaw'),
    cache: settings.boolean('cache'),
    late: settings.string('late') as AggregatorOptions['late'],
    timestamp: settings.string('timestamp') as AggregatorOptions['timestamp'],
  };
  const placeOf = (name: Subject): Place => settings.placeOf(name);
  checkOutputs(options, placeOf, problems);
  if (countErrors(problems) > errors) return undefined;
  return checkRule(options, placeOf, problems) ? options : undefined;
}

/** Checks an aggregator that was made by a command, its conditions too; notes what is wrong. */
export function checkAggregator(
  options: AggregatorOptions,
  placeOf: (name: Subject) => Place,
  problems: Problems,
): boolean {
  const errors = countErrors(problems);
  checkMatcher(options.matcher, () => placeOf('regex'), problems);
  checkOutputs(options, placeOf, problems);
  return checkRule(options, placeOf, problems) && countErrors(problems) === errors;
}

function checkOutputs(
  { matcher: { regex = '' }, outputs }: AggregatorOptions,
  placeOf: (name: Subject) => Place,
  problems: Problems,
): void {
  const formats = new Set<string>();
  const canLint = regex !== '' && patternError(regex) === undefined;
  for (const { function: name, format } of outputs) {
    if (!isAggregatorFunction(name)) problems.error(placeOf('function'), unknownFunction(name));
    if (format === '') problems.error(placeOf('format'), '"format" is missing: the key of the result');
    else if (formats.has(format)) {
      problems.warn(placeOf('format'), `two results have the format "${format}": nothing tells them apart`);
    } else if (canLint) {
      lintFormat(format, regex, placeOf('format'), problems);
    }
    formats.add(format);
  }
}

function checkRule(
  { matcher, intervalSec, waitSec }: AggregatorOptions,
  placeOf: (name: Subject) => Place,
  problems: Problems,
): boolean {
  const errors = countErrors(problems);
  if ((matcher.regex ?? '') === '') {
    problems.error(placeOf('regex'), 'need a regex string: its groups make the key of the result');
  }
  if (intervalSec < 1) problems.error(placeOf('interval'), 'interval must be at least 1');
  if (waitSec < intervalSec) {
    const last = intervalSec - waitSec;
    const message = `wait ${waitSec} is below interval ${intervalSec}: a window leaves ${waitSec} s after its start, so what the last ${last} s of it bring is too old`;
    problems.warn(placeOf('wait'), message);
  }
  if ((matcher.notRegex ?? '') !== '') {
    const message =
      'notRegex is applied here; carbon-relay-ng reads it and aggregates what it should leave out';
    problems.warn(placeOf('notRegex'), message);
  }
  return countErrors(problems) === errors;
}

function readOutputs(
  table: TomlTable,
  settings: Settings,
  overrides: Overrides,
  problems: Problems,
): AggregatorOutput[] {
  const node = table.entries.find(({ key }) => key.toLowerCase() === 'outputs')?.value;
  if (node === undefined) return [readOutput(settings)];
  for (const name of ['function', 'format']) {
    const given = settings.given(name);
    if (given !== undefined)
      problems.error(given.place, `"${name}" belongs into "outputs" when there are some`);
  }
  const items = node.kind === 'array' ? node.items.filter((item) => item.kind === 'table') : [];
  if (items.length === 0)
    problems.error(node.place, '"outputs" must hold at least one { function = "…", format = "…" }');
  return items.map((item) => {
    const source = { section: AGGREGATION_OUTPUT_SECTION, table: item, place: item.place, overrides };
    return readOutput(readSettings(source, problems));
  });
}

function readOutput(settings: Settings): AggregatorOutput {
  return { function: settings.string('function') as AggregatorFunction, format: settings.string('format') };
}

/** Words it as crng does. */
function unknownFunction(name: string): string {
  if (name === '') return '"function" is missing: what is computed';
  const nearest = findNearest(name, AGGREGATOR_FUNCTIONS);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return `no such aggregation function '${name}'${hint}`;
}

/** A group that the regex does not have is empty: `$1_avg` means the group "1_avg". */
function lintFormat(format: string, regex: string, place: Place, problems: Problems): void {
  const compiled = RE2JS.compile(regex);
  const names = new Set(Object.keys(compiled.namedGroups()));
  for (const [text, plain, braced] of format.replaceAll('$$', '').matchAll(/\$(?:(\w+)|\{(\w+)\})/g)) {
    const name = plain ?? braced ?? '';
    const isThere = /^(0|[1-9]\d*)$/.test(name) ? Number(name) <= compiled.groupCount() : names.has(name);
    if (isThere) continue;
    const digits = /^\d+/.exec(plain ?? '')?.[0];
    const hint =
      digits === undefined || digits === plain ? '' : `; write \${${digits}}${plain?.slice(digits.length)}`;
    problems.warn(place, `"${text}" names no group of the regex and is empty${hint}`);
  }
}

function countErrors(problems: Problems): number {
  return problems.list.filter(({ kind }) => kind === 'error').length;
}
