// Numbers and names as the page writes them.
import { kernelVersion, type Origin, type ScenarioResult } from '../../bench/result-file.ts';
import type { Metric } from '../../bench/scenario.ts';
import type { Row } from '../../bench/summary.ts';

/** Writes a row of a table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Writes three figures: 0.123, 1.23, 12.3, 1,234. */
export function fixed(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return count(value);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Writes a whole number with commas. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** Writes a part as a percentage; never 0 for something. */
export function share(part: number): string {
  const percent = part * 100;
  if (percent === 0) return '0 %';
  return percent < 0.01 ? '< 0.01 %' : `${percent.toPrecision(2)} %`;
}

/** Writes what a relay lost in all its rounds. */
export function lossOf({ lost, expected }: Pick<Row, 'lost' | 'expected'>): string {
  return lost === 0 ? '0' : `${count(lost)} (${share(lost / expected)})`;
}

const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  lost: 'losses',
  twice: 'lines that came twice',
  cpu: 'CPU s per 1 M',
  rate: 'metrics/s',
  p99: 'p99 ms',
  rss: 'memory MiB',
  growth: 'growth of memory MiB',
};

/** Names a figure. */
export function metricName(metric: Metric): string {
  return METRIC_NAMES[metric];
}

/** Says of what commit, of which day and machine figures are. */
export function describeOrigin({ commit, dirty, date, machine, node }: Origin): string {
  const { cpu, cores, memoryGib, kernel } = machine;
  const state = `commit \`${commit}\`${dirty ? ' with changes that are not in it' : ''}`;
  return `${state}, ${date.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernelVersion(kernel)}, Node.js ${node}`;
}

/** Says where and of what commit the figures are; of several runs, which scenario is of which. */
export function statePlace(results: readonly ScenarioResult[]): string {
  const byOrigin = new Map<string, string[]>();
  for (const { origin, scenario } of results) {
    const text = describeOrigin(origin);
    byOrigin.set(text, [...(byOrigin.get(text) ?? []), scenario.title]);
  }
  if (byOrigin.size === 0) return 'There are no results yet.\n';
  if (byOrigin.size === 1) return `All figures: ${[...byOrigin.keys()].join('')}.\n`;
  const items = [...byOrigin].map(([text, titles]) => `- ${titles.join(', ')}: ${text}.`);
  const about =
    'The figures are of more than one run. The machine is faster at one hour than at another, so that only ratios compare ' +
    'between them:';
  return `${about}\n\n${items.join('\n')}\n`;
}
