// One page of `sluice top`, 80 columns wide: traffic, inputs, destinations with their queues, spools, drops and timings.
import { diagnose } from '../../telemetry/tune/diagnose.ts';
import { duration } from '../../telemetry/tune/notes-table.ts';
import type { DestinationFacts, TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import { renderCount } from '../../util/render-count.ts';
import { renderAge, renderBytes, renderTable } from '../render-amount.ts';

export const PAGE_COLUMNS = 80;
const KEY_CHARS = 22;

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
  const table = renderTable([TITLES, ...shown.map(cells)], { right: [2, 3, 4, 5, 6, 7] }).trimEnd();
  const more = sorted.length > shown.length ? [`… and ${sorted.length - shown.length} more`] : [];
  const keys = Object.entries(SORTS).map(([key, name]) => `${key} ${name}${key === view.sort ? '*' : ''}`);
  const foot = view.hasKeys ? ['', `sort: ${keys.join('  ')}   space pause   x end`] : [];
  const lines = [...head, ...inputs.split('\n'), '', ...table.split('\n'), ...more, ...foot];
  return `${lines.map((line) => clip(line, PAGE_COLUMNS)).join('\n')}\n`;
}

const TITLES = ['DESTINATION', 'STATE', 'IN/s', 'OUT/s', 'QUEUE', 'DISK', 'DROPS', 'WRITE'];

function cells(row: DestinationFacts): string[] {
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
