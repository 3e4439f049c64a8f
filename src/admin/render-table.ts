// The table as text, in crng's columns: what telnet `view` answers and the log shows at start. Scripts read it, so widths,
// headings and empty lines are those of crng: columns are as wide as their widest cell in bytes, and padded in characters.
import { aggregatorKey } from '../table/aggregator/aggregator-key.ts';
import {
  type AggregatorOptions,
  HASH_DEFAULTS,
  type MatcherOptions,
  type RouteOptions,
} from '../table/options.ts';
import type { TableAdmin } from './table-admin.ts';

/** One column: its heading and the least width. */
interface Column {
  readonly heading: string;
  readonly widthMin?: number;
  /** What stands before the column; two spaces but for the first. */
  readonly gap?: string;
}

type Row = readonly string[];

const MATCHER_COLUMNS = columns('prefix', 'notPrefix', 'sub', 'notSub', 'regex', 'notRegex');
const REWRITER_COLUMNS = columns('old', 'new', 'not', 'max');
const AGGREGATOR_COLUMNS: readonly Column[] = [
  { heading: 'key', widthMin: 4 },
  ...columns('func', 'regex', 'notRegex', 'prefix', 'notPrefix', 'sub', 'notSub', 'outFmt', 'cache'),
  ...columns('interval', 'wait'),
  { heading: 'dropRaw', gap: ' ' },
];
const ROUTE_COLUMNS = [...columns('type', 'key'), ...MATCHER_COLUMNS];
const DESTINATION_COLUMNS: readonly Column[] = [
  ...MATCHER_COLUMNS,
  { heading: 'addr', widthMin: 16 },
  { heading: 'spoolDir', widthMin: 16 },
  ...columns('spool', 'pickle', 'online'),
];
const INDENT = '  ';

/** Renders the table in force. */
export function renderTable(admin: TableAdmin): string {
  const { table } = admin;
  const rewriters = table.rewriters.map((r) => [
    r.old,
    r.new,
    r.not,
    String(r.max),
    ...extras({ tag: r.tag }),
  ]);
  return (
    renderBlock('Rewriters', REWRITER_COLUMNS, rewriters) +
    renderBlock(
      'Blocklist',
      MATCHER_COLUMNS,
      table.blocklist.map((m) => [...matcherCells(m), ...extras({ tags: joined(m.tags) })]),
    ) +
    renderBlock('Aggregations', AGGREGATOR_COLUMNS, table.aggregators.map(aggregatorCells)) +
    renderRoutes(admin)
  );
}

function renderBlock(title: string, list: readonly Column[], rows: readonly Row[]): string {
  const line = makeLine(list, rows);
  const heading = line(list.map((column) => column.heading));
  return [`\n## ${title}:`, heading, '='.repeat(heading.length), ...rows.map(line), ''].join('\n');
}

function renderRoutes(admin: TableAdmin): string {
  const { routes } = admin.table;
  const routeLine = makeLine(ROUTE_COLUMNS, routes.map(routeCells));
  const destinationRows = routes.map((route, index) => destinationCells(admin, route, index));
  const destinationLine = makeLine(DESTINATION_COLUMNS, destinationRows.flat());
  const heading = INDENT + routeLine(ROUTE_COLUMNS.map((column) => column.heading));
  const subheading = INDENT + destinationLine(DESTINATION_COLUMNS.map((column) => column.heading));
  const length = Math.max(heading.length, subheading.length);
  const lines = ['\n## Routes:', heading, '='.repeat(length)];
  for (const [index, route] of routes.entries()) {
    lines.push(`> ${routeLine(routeCells(route))}`);
    lines.push(subheading, INDENT + '-'.repeat(length - INDENT.length));
    for (const row of destinationRows[index] ?? []) lines.push(INDENT + destinationLine(row));
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}

function routeCells({ type, key, matcher, stop, replicationFactor }: RouteOptions): Row {
  const copies = replicationFactor === HASH_DEFAULTS.replicationFactor ? '' : String(replicationFactor);
  const more = extras({ stop: stop ? 'true' : '', replication_factor: copies, tags: joined(matcher.tags) });
  return [type, key, ...matcherCells(matcher), ...more];
}

function destinationCells(admin: TableAdmin, route: RouteOptions, routeIndex: number): Row[] {
  return route.destinations.map((destination, index) => {
    const state = admin.state(routeIndex, index);
    const flags = [state?.spooling ?? false, destination.pickle, state?.online ?? false];
    const more = extras({ tags: joined(destination.tags) });
    return [...matcherCells(destination), destination.addr, admin.spoolDir, ...flags.map(String), ...more];
  });
}

/** A rule with several outputs has them joined by commas: the number of the row is the index of the rule. */
function aggregatorCells(rule: AggregatorOptions): Row {
  const { regex = '', notRegex = '', prefix = '', notPrefix = '', sub = '', notSub = '' } = rule.matcher;
  const functions = rule.outputs.map((output) => output.function).join(',');
  const formats = rule.outputs.map(({ format }) => format).join(',');
  const rest = [rule.cache, rule.intervalSec, rule.waitSec, rule.dropRaw].map(String);
  const { late, timestamp } = rule;
  const more = extras({
    tags: joined(rule.matcher.tags),
    late: late === 'count' ? '' : late,
    timestamp: timestamp === 'start' ? '' : timestamp,
  });
  return [
    aggregatorKey(rule),
    functions,
    regex,
    notRegex,
    prefix,
    notPrefix,
    sub,
    notSub,
    formats,
    ...rest,
    ...more,
  ];
}

/** What crng has no column for stands behind the row, where it is not as usual. */
function extras(options: Readonly<Record<string, string | undefined>>): Row {
  return Object.entries(options).flatMap(([name, value = '']) => (value === '' ? [] : [`${name}=${value}`]));
}

function joined(tags: readonly string[] = []): string {
  return tags.join(';');
}

function matcherCells(matcher: MatcherOptions): Row {
  const { prefix = '', notPrefix = '', sub = '', notSub = '', regex = '', notRegex = '' } = matcher;
  return [prefix, notPrefix, sub, notSub, regex, notRegex];
}

function columns(...headings: readonly string[]): Column[] {
  return headings.map((heading) => ({ heading }));
}

/** Makes the renderer of a row, wide enough for all rows. */
function makeLine(list: readonly Column[], rows: readonly Row[]): (cells: Row) => string {
  const widths = list.map(({ heading, widthMin = 0 }, at) =>
    rows.reduce(
      (width, row) => Math.max(width, Buffer.byteLength(visible(row[at] ?? ''))),
      Math.max(heading.length, widthMin),
    ),
  );
  return (cells) =>
    list.map(({ gap = '  ' }, at) => (at === 0 ? '' : gap) + pad(cells[at] ?? '', widths[at] ?? 0)).join('') +
    cells
      .slice(list.length)
      .map((cell) => `  ${visible(cell)}`)
      .join('');
}

function pad(cell: string, width: number): string {
  const shown = visible(cell);
  return shown + ' '.repeat(Math.max(0, width - Array.from(shown).length));
}

/** No text of a rule can forge a line of the table, or reach a terminal as a control code. */
function visible(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
