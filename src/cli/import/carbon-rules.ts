// The rule files of carbon: relay-rules, aggregation-rules, rewrite-rules, and its lists of keys.
import { percentileOf } from '../../table/aggregator-options.ts';
import type { CarbonSettings } from './carbon-settings.ts';
import { anyOf, translateRegex, translateReplacement } from './foreign-regex.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportedConfig } from './imported-config.ts';
import { usableDestinations } from './usable.ts';
import { type IniSection, readLines } from './ini-file.ts';

const FUNCTIONS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'p50',
  'p75',
  'p80',
  'p90',
  'p95',
  'p99',
  'p999',
  'last',
]);
const ALIASES: Readonly<Record<string, string>> = { average: 'avg', avg_zero: 'avg' };

/** Adds a route for each rule; the default one, which stands anywhere, comes last. */
export function addRelayRules(
  sections: readonly IniSection[],
  render: (destination: string) => string,
  config: ImportedConfig,
  report: ImportReport,
): void {
  const isDefault = (section: IniSection): boolean => value(section, 'default').toLowerCase() === 'true';
  const rules = sections.filter((section) => value(section, 'pattern') !== '');
  const defaults = sections.filter((section) => value(section, 'pattern') === '' && isDefault(section));
  for (const section of [...rules, ...defaults]) {
    const destinations = value(section, 'destinations')
      .split(',')
      .map((text) => text.trim());
    // carbon does not look at the letter case of keys here.
    const pattern = value(section, 'pattern');
    const regex = pattern === '' ? { ok: true as const, text: '' } : translateRegex(`(?i)${pattern}`);
    if (!regex.ok) {
      report.missed(section.place, regex.error);
      continue;
    }
    const usable = usableDestinations(
      destinations.filter((text) => text !== '').map(render),
      section.place,
      report,
    );
    if (usable.length === 0) {
      report.missed(section.place, `the rule [${section.name}] has no destination that can be used`);
      continue;
    }
    const goesOn = ['true', 'yes', 'on', '1'].includes(value(section, 'continue').toLowerCase());
    config.add('route', section.place, [
      ['key', config.routeKey(section.name)],
      ['type', 'sendAllMatch'],
      ['regex', regex.text],
      ['stop', pattern !== '' && !goesOn ? true : undefined],
      ['destinations', usable],
    ]);
  }
}

/** Adds an aggregation for each rule `output (seconds) = function input`. */
export function addAggregationRules(
  text: string,
  file: string,
  aggregator: CarbonSettings | undefined,
  config: ImportedConfig,
  report: ImportReport,
): void {
  const drops = aggregator?.isOn('FORWARD_ALL', true) === false;
  if (drops) {
    aggregator?.missed(
      'FORWARD_ALL',
      'FORWARD_ALL = False for keys that no rule takes: add a route that keeps them out',
    );
  }
  const seen = new Map<string, number>();
  for (const line of readLines(text, file)) {
    const match = /^(\S+)\s*\((\d+)\)\s*=\s*(\S+)\s+(\S+)$/.exec(line.text);
    const [, output = '', seconds = '', method = '', input = ''] = match ?? [];
    const fn = ALIASES[method] ?? method;
    const isPercentile = percentileOf(fn) !== undefined;
    const regex = translateRegex(inputRegex(input));
    if (match === null || !FUNCTIONS.has(fn) || !regex.ok) {
      report.missed(line.place, regex.ok ? `the rule "${line.text}"` : regex.error);
      continue;
    }
    if (drops && seen.size > 0) {
      report.missed(
        line.place,
        'a metric that a rule above takes too feeds only that one (dropRaw ends it there)',
      );
    }
    // carbon gathers by the name of the result alone.
    const twin = seen.get(output);
    if (twin !== undefined) {
      report.missed(
        line.place,
        `one result for this rule and that of line ${twin}, of the same name: each sends its own`,
      );
    }
    seen.set(output, line.place.line);
    config.add('aggregation', line.place, [
      ['function', isPercentile ? `${fn}_linear` : fn],
      ['format', output.replaceAll('$', '$$$$').replaceAll(/<+([^<>]+)>+/g, '$${$1}')],
      ['regex', regex.text],
      ['interval', Number(seconds)],
      ['wait', Number(seconds)],
      // carbon sends a window again with what came late.
      ['late', 'amend'],
      ['dropRaw', drops ? true : undefined],
    ]);
  }
}

/** The expression that carbon makes of an input pattern: `<x>` up to a dot, `<<x>>` over dots, from the start to the end. */
function inputRegex(input: string): string {
  const parts = input.split('.').map((part) => {
    const wide = /^(.*?)<<(.+?)>>(.*)$/.exec(part);
    if (wide !== null) return `${wide[1]}(?P<${wide[2]}>.+?)${wide[3]}`;
    const narrow = /^(.*?)<(.+?)>(.*)$/.exec(part);
    if (narrow !== null) return `${narrow[1]}(?P<${narrow[2]}>[^.]+?)${narrow[3]}`;
    return part === '*' ? '[^.]+' : part.replaceAll('*', '[^.]*');
  });
  return `^${parts.join('\\.')}$`;
}

/** Adds a rewriter for each rule in [pre]; those in [post] come after aggregation, where there is none here. */
export function addRewriteRules(
  text: string,
  file: string,
  config: ImportedConfig,
  report: ImportReport,
): void {
  let section = '';
  for (const line of readLines(text, file)) {
    const name = /^\[(.+)\]$/.exec(line.text)?.[1];
    if (name !== undefined) {
      section = name.toLowerCase();
      continue;
    }
    const equals = line.text.indexOf('=');
    const pattern = line.text.slice(0, equals).trim();
    const regex = translateRegex(pattern);
    const replacement = translateReplacement(
      line.text
        .slice(equals + 1)
        .trim()
        .replaceAll(/\\g<(\d+)>/g, '\\$1'),
      0,
    );
    if (equals < 0 || section !== 'pre') {
      report.missed(
        line.place,
        equals < 0 ? `"${line.text}" is no rule` : `a rewrite in [${section}], after aggregation`,
      );
    } else if (!regex.ok || replacement === undefined)
      report.missed(line.place, regex.ok ? `"${line.text}"` : regex.error);
    else {
      config.add('rewriter', line.place, [
        ['old', `/${regex.text}/`],
        ['new', replacement],
        ['max', -1],
      ]);
    }
  }
}

/** Adds what a blacklist keeps out. */
export function addBlacklist(text: string, file: string, config: ImportedConfig, report: ImportReport): void {
  for (const line of readLines(text, file)) {
    const regex = translateRegex(line.text);
    if (regex.ok) config.block(`regex ${regex.text}`);
    else report.missed(line.place, regex.error);
  }
}

/** Keeps out whatever no expression of a whitelist matches. */
export function addWhitelist(text: string, file: string, config: ImportedConfig, report: ImportReport): void {
  const good: string[] = [];
  for (const line of readLines(text, file)) {
    const regex = translateRegex(line.text);
    if (regex.ok) good.push(regex.text);
    else report.missed(line.place, `${regex.error}; keys that only it lets in are kept out`);
  }
  if (good.length > 0) config.block(`notRegex ${anyOf(good)}`);
}

function value(section: IniSection, name: string): string {
  return section.entries.find((entry) => entry.name.toLowerCase() === name)?.value ?? '';
}
