// One page of `sluice top`, 80 columns wide: traffic, inputs, routes, destinations with their queues, spools and drops, or
// with their timings.
import { diagnose } from '../../telemetry/tune/diagnose.ts';
import { duration } from '../../telemetry/tune/notes-table.ts';
import type { DestinationFacts, TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import { renderCount } from '../../util/render-count.ts';
import { renderAge, renderBytes, renderTable } from '../render-amount.ts';

export const PAGE_COLUMNS = 80;
const KEY_CHARS = 22;
/** Routes shown where rows are bounded: those with most lines in. */
export const ROUTE_ROWS_MAX = 6;

/** What destinations are sorted by; the key that a user presses, and the biggest first but for names. */
export const SORTS = {
  n: 'name',
  i: 'in',
  q: 'queue',
  d: 'drops',
  w: 'write',
} as const;
export type SortKey = keyof typeof SORTS;

export interface TopView {
  readonly sort: SortKey;
  readonly isPaused: boolean;
  /** Destinations with their timings instead of their amounts. */
  readonly showsTimes: boolean;
  /** Rows that fit; undefined: all. */
  readonly rows: number | undefined;
  /** Shows the keys, where there is a terminal. */
  readonly hasKeys: boolean;
}

/** Renders a page; no line is longer than PAGE_COLUMNS. */
export function renderTop(facts: TuneFacts, view: TopView): string {
  const { traffic, destinations, uptimeSec, version, instance } = facts;
  const head = [
    `${view.isPaused ? 'PAUSED ' : ''}sluice ${version} ${instance}, up ${renderAge(uptimeSec * 1000)}, CPU ${renderAge(facts.cpuSec * 1000)}`,
    `in ${count(traffic.all.metricsPerSec)}/s ${size(traffic.all.bytesPerSec)}/s, peaks ${traffic.all.windows
      .map(({ windowMs, minute }) => `${windowMs} ms ${count(minute.metrics)}`)
      .join(', ')}`,
    '',
  ];
  const inputs = renderTable(
    [
      ['INPUT', 'ADDR', 'NOW/s', 'BYTES/s', 'METRICS', 'READS'],
      ...traffic.inputs.map((row) => [
        `${row.input} ${row.protocol}`,
        clip(row.addr, KEY_CHARS),
        count(row.metricsPerSec),
        size(row.bytesPerSec),
        count(row.metrics),
        count(row.reads),
      ]),
    ],
    { right: [2, 3, 4, 5] },
  ).trimEnd();
  const sorted = sortRows(destinations, view.sort);
  const shown = view.rows === undefined ? sorted : sorted.slice(0, Math.max(1, view.rows));
  const [titles, cells] = view.showsTimes ? [TIME_TITLES, timeCells] : [TITLES, amountCells];
  const table = renderTable([titles, ...shown.map(cells)], { right: [2, 3, 4, 5, 6, 7] }).trimEnd();
  const keys = Object.entries(SORTS).map(([key, name]) => `${key} ${name}${key === view.sort ? '*' : ''}`);
  const foot = view.hasKeys ? ['', `sort: ${keys.join('  ')}   t times   space pause   x end`] : [];
  const lines = [
    ...head,
    ...inputs.split('\n'),
    '',
    ...renderRoutes(destinations, view.rows === undefined ? Infinity : ROUTE_ROWS_MAX),
    '',
    ...table.split('\n'),
    ...more(sorted.length - shown.length),
    ...foot,
  ];
  return `${lines.map((line) => clip(line, PAGE_COLUMNS)).join('\n')}\n`;
}

/** One row a route: the sums of its destinations. */
function renderRoutes(destinations: readonly DestinationFacts[], rowsMax: number): string[] {
  const byRoute = Map.groupBy(destinations, ({ route }) => route);
  const inPerSec = (rows: readonly DestinationFacts[]): number => sum(rows, (row) => row.flow.inPerSec10);
  const all = [...byRoute].toSorted(([, a], [, b]) => inPerSec(b) - inPerSec(a));
  const shown = all.slice(0, rowsMax);
  const cells = shown.map(([route, rows]) => [
    clip(route, KEY_CHARS),
    `${rows.filter(({ online }) => online).length} of ${rows.length}`,
    short(inPerSec(rows)),
    short(sum(rows, (row) => row.flow.outPerSec10)),
    short(sum(rows, (row) => row.queue.lines)),
    short(sum(rows, (row) => row.spool?.lines ?? 0)),
    short(sum(rows, drops)),
  ]);
  const titles = ['ROUTE', 'ONLINE', 'IN/s', 'OUT/s', 'QUEUE', 'DISK', 'DROPS'];
  const table = renderTable([titles, ...cells], { right: [2, 3, 4, 5, 6] }).trimEnd();
  return [...table.split('\n'), ...more(all.length - shown.length)];
}

function more(rows: number): string[] {
  return rows > 0 ? [`… and ${rows} more`] : [];
}

function sum(rows: readonly DestinationFacts[], of: (row: DestinationFacts) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}

const TIME_TITLES = ['DESTINATION', 'STATE', 'LINES/W', 'WRITE', 'P99', 'MAX', 'STALL', 'SYNC99'];

/** Means and maxima of the last hour; STALL: the longest time in which a write was not taken. */
function timeCells(row: DestinationFacts): string[] {
  return [
    clip(row.key, KEY_CHARS),
    diagnose(row).state.replace('catching_up', 'replay'),
    short(row.linesPerWrite),
    duration(row.write.meanSec),
    duration(row.write.p99Sec),
    duration(row.write.maxSec),
    duration(row.stallMaxSec),
    row.spool === null ? '-' : duration(row.spool.sync.p99Sec),
  ];
}

const TITLES = ['DESTINATION', 'STATE', 'IN/s', 'OUT/s', 'QUEUE', 'DISK', 'DROPS', 'WRITE'];

function amountCells(row: DestinationFacts): string[] {
  return [
    clip(row.key, KEY_CHARS),
    diagnose(row).state.replace('catching_up', 'replay'),
    short(row.flow.inPerSec10),
    short(row.flow.outPerSec10),
    short(row.queue.lines),
    row.spool === null ? '-' : short(row.spool.lines),
    short(drops(row)),
    duration(row.write.p99Sec),
  ];
}

function sortRows(rows: readonly DestinationFacts[], by: SortKey): readonly DestinationFacts[] {
  const value: Readonly<Record<Exclude<SortKey, 'n'>, (row: DestinationFacts) => number>> = {
    i: (row) => row.flow.inPerSec10,
    q: (row) => row.queue.lines + (row.spool?.lines ?? 0),
    d: drops,
    w: (row) => row.write.p99Sec,
  };
  if (by === 'n') return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const of = value[by];
  return rows.toSorted((a, b) => of(b) - of(a));
}

function drops({ dropped }: DestinationFacts): number {
  return Object.values(dropped).reduce((sum, lines) => sum + lines, 0);
}

function clip(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

function short(value: number): string {
  if (value >= 1e7) return `${(value / 1e6).toFixed(0)}M`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  return value >= 1e5 ? `${(value / 1e3).toFixed(0)}k` : count(value);
}

function count(value: number): string {
  return renderCount(Math.round(value));
}

function size(bytes: number): string {
  return renderBytes(Math.round(bytes));
}
