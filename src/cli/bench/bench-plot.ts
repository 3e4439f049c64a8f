// The plot of a bench: rate, delay and queue over time, three charts one below the other.
import type { BenchReport } from './bench-report.ts';
import { type Chart, renderChart } from './svg-chart.ts';

const CHART_WIDTH = 860;
const CHART_HEIGHT = 440;

/** Draws a report; returns the text of an SVG file. */
export function renderPlot({ profile, target, plan, result, copies }: BenchReport): string {
  const { timeline } = result;
  const seconds = (ms: number): number => ms / 1000;
  const time = { xLabel: 'seconds', xScale: 'linear' as const };
  const what = `${profile}, ${plan.series} series, ${plan.connections} connections, ${target ?? 'no relay'}`;
  const rate = (read: (index: number) => number): [number, number][] =>
    timeline.slice(1).map(({ ms }, index) => {
      const tookMs = ms - (timeline[index]?.ms ?? 0);
      return [seconds(ms), ((read(index + 1) - read(index)) / tookMs) * 1000];
    });
  const charts: Chart[] = [
    {
      ...time,
      title: `Rate: ${what}`,
      yLabel: 'lines/s',
      yScale: 'linear',
      series: [
        { name: 'sent', points: rate((index) => timeline[index]?.sent ?? 0) },
        { name: 'came', points: rate((index) => (timeline[index]?.accepted ?? 0) / copies) },
      ],
    },
    {
      ...time,
      title: 'Delay from the sender to the sink',
      yLabel: 'ms',
      yScale: 'log',
      series: (['p50Ms', 'p99Ms', 'maxMs'] as const).map((key) => ({
        name: key.slice(0, -2),
        points: timeline.map(
          ({ ms, delay }) => [seconds(ms), delay.samples === 0 ? Number.NaN : delay[key]] as const,
        ),
      })),
    },
    {
      ...time,
      title: 'Queue: lines sent and not come yet',
      yLabel: 'lines',
      yScale: 'linear',
      note: `lost ${result.lost}, duplicates ${result.duplicates}, reordered ${result.reordered}`,
      series: [
        {
          name: 'queue',
          points: timeline.map(
            ({ ms, sent, accepted }) => [seconds(ms), Math.max(0, sent - accepted / copies)] as const,
          ),
        },
      ],
    },
  ];
  return stack(charts.map(renderChart));
}

function stack(charts: readonly string[]): string {
  const height = CHART_HEIGHT * charts.length;
  const placed = charts.map((chart, index) => chart.replace('<svg ', `<svg y="${index * CHART_HEIGHT}" `));
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${CHART_WIDTH} ${height}" width="${CHART_WIDTH}" height="${height}">`;
  return `${head}\n${placed.join('')}</svg>\n`;
}
