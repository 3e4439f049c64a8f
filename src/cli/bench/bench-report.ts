// What `sluice bench` prints.
import { renderCount } from '../../util/render-count.ts';
import { renderTable } from '../render-amount.ts';
import type { DelaySummary } from './delay-histogram.ts';
import type { LoadPlan } from './load-plan.ts';
import type { LoadResult } from './run-load.ts';

/** A bench that was run. */
export interface BenchReport {
  readonly profile: string;
  /** Absent: the sender sent straight into the sink. */
  readonly target?: string | undefined;
  readonly listen: readonly string[];
  readonly plan: LoadPlan;
  readonly copies: number;
  readonly result: LoadResult;
}

/** Renders a report as text. */
export function renderBench(report: BenchReport): string {
  const { result } = report;
  const isCounted = report.listen.length > 0;
  const rows = [
    ['sent', renderCount(result.sent), `${renderRate(result.sentPerSecond)}${brokenNote(result)}`],
    ...(isCounted ? countRows(report) : []),
  ];
  const lines = [`${renderWhat(report)}\n`, renderTable(rows, { right: [1] })];
  if (isCounted)
    lines.push(`\ndelay      ${renderDelay(result.delay)} over ${renderCount(result.delay.samples)} lines`);
  if (result.lateness.samples > 0) lines.push(`\ngenerator  late by ${renderDelay(result.lateness)}`);
  lines.push(`\nbench CPU  ${cpuPerMillion(result).toFixed(3)} s per 1M lines\n`);
  for (const sample of result.samples) lines.push(`not of the bench: ${JSON.stringify(sample)}\n`);
  return lines.join('');
}

/** CPU of the bench itself. */
export function cpuPerMillion({ cpuSeconds, sent }: LoadResult): number {
  return sent === 0 ? 0 : (cpuSeconds / sent) * 1e6;
}

function countRows({ result, copies, listen }: BenchReport): string[][] {
  const by = copies > 1 ? ` in ${copies} copies` : '';
  const rows = [
    [
      'came',
      renderCount(result.accepted),
      `of ${renderCount(result.expected)}${by}, ${renderRate(result.linesPerSecond)}`,
    ],
    ['lost', renderCount(result.lost), renderShare(result.lost, result.expected)],
    ['duplicates', renderCount(result.duplicates), copiesHint(result, copies)],
    ['reordered', renderCount(result.reordered), ''],
  ];
  if (result.renamed > 0)
    rows.push(['renamed', renderCount(result.renamed), 'came with more around the key']);
  if (result.reformatted > 0) {
    rows.push([
      'reformatted',
      renderCount(result.reformatted),
      'came with other white space or another form of the number',
    ]);
  }
  if (result.foreign > 0)
    rows.push(['foreign', renderCount(result.foreign), 'lines and fragments that are not of the bench']);
  if (listen.length > 1) {
    for (const [index, name] of listen.entries())
      rows.push([`at ${name}`, renderCount(result.portLines[index] ?? 0), '']);
  }
  return rows;
}

function renderWhat({ profile, target, listen, plan }: BenchReport): string {
  const way = target === undefined ? 'straight into the sink: no relay is tested' : `to ${target}`;
  const back =
    listen.length === 0
      ? ', nothing is counted'
      : target === undefined
        ? ''
        : `, back on ${listen.join(', ')}`;
  return `${profile}: ${renderCount(plan.series)} series over ${renderCount(plan.connections)} connections ${way}${back}\n`;
}

function copiesHint({ duplicates, sent }: LoadResult, copies: number): string {
  return duplicates >= sent && sent > 0
    ? `does the relay send more than ${copies} of each line? then say so by --copies`
    : '';
}

function brokenNote({ brokenConnections }: LoadResult): string {
  return brokenConnections === 0 ? '' : `; ${renderCount(brokenConnections)} connections broke`;
}

function renderShare(part: number, whole: number): string {
  return part === 0 || whole === 0 ? '' : `${((part / whole) * 100).toPrecision(3)} %`;
}

function renderRate(perSecond: number): string {
  return `${renderCount(Math.round(perSecond))}/s`;
}

function renderDelay({ p50Ms, p99Ms, maxMs }: DelaySummary): string {
  const [p50, p99, most] = [p50Ms, p99Ms, maxMs].map(
    (ms) => `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`,
  );
  return `p50 ${p50}, p99 ${p99}, max ${most}`;
}
