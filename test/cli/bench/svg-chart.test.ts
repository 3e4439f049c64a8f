// Charts as SVG.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Chart, renderChart } from '../../../src/cli/bench/svg-chart.ts';

const PLAIN: Chart = {
  title: 'Rate',
  xLabel: 'seconds',
  yLabel: 'metrics/s',
  xScale: 'linear',
  yScale: 'linear',
  series: [
    {
      name: 'sent',
      points: [
        [0, 0],
        [1, 900_000],
        [2, 1_100_000],
      ],
    },
  ],
};

function labels(svg: string): string[] {
  return [...svg.matchAll(/<text class="tick"[^>]*>([^<]*)</g)].map(([, text = '']) => text);
}

/** The points of the first drawn line, as [left, top]. */
function placed(svg: string): number[][] {
  const [, path = ''] = /<path(?: stroke-dasharray="[^"]*")? d="(M[^"]*L[^"]*)"/.exec(svg) ?? [];
  return path
    .split(/[ML]/)
    .slice(1)
    .map((pair) => pair.split(' ').map(Number));
}

test('a chart is one well-formed document with title, labels, round ticks and no script', () => {
  const svg = renderChart({ ...PLAIN, note: 'a <b> & c' });
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /<\/svg>\n$/);
  assert.match(svg, />a &lt;b&gt; &amp; c</);
  assert.match(svg, />metrics\/s</);
  assert.match(svg, /prefers-color-scheme:dark/);
  assert.doesNotMatch(svg, /<script|NaN|Infinity|undefined/);
  assert.deepEqual(labels(svg), [
    '0',
    '0.5',
    '1',
    '1.5',
    '2',
    '0',
    '200k',
    '400k',
    '600k',
    '800k',
    '1M',
    '1.2M',
  ]);
  const open: string[] = [];
  for (const [, close, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (close === '/') assert.equal(open.pop(), name);
    else if (self !== '/') open.push(name);
  }
  assert.deepEqual(open, []);
});

test('points lie in proportion, larger values higher', () => {
  const [first, second, third] = placed(renderChart(PLAIN));
  assert.deepEqual(first, [76, 366]);
  assert.equal(third?.[0], 840);
  assert.equal(second?.[0], (76 + 840) / 2);
  assert.equal(second?.[1], 366 - (320 * 900) / 1200);
});

test('a logarithmic axis has equal steps for equal ratios and leaves out what is not positive', () => {
  const points: [number, number][] = [
    [1000, 1],
    [10_000, 10],
    [100_000, 0],
    [1_000_000, 1000],
  ];
  const svg = renderChart({ ...PLAIN, xScale: 'log', yScale: 'log', series: [{ name: 'a', points }] });
  assert.doesNotMatch(svg, /NaN|Infinity/);
  assert.deepEqual(labels(svg), ['1k', '10k', '100k', '1M', '1', '10', '100', '1k']);
  assert.match(svg, /d="M76 366L330\.7 259\.3M840 46"/);
});

test('several series have a legend; beyond eight they are told apart by dashes', () => {
  const series = Array.from({ length: 9 }, (_, index) => ({ ...PLAIN.series[0]!, name: `relay ${index}` }));
  const svg = renderChart({ ...PLAIN, series });
  for (const { name } of series) assert.match(svg, new RegExp(`<text class="label"[^>]*>${name}<`));
  assert.equal([...svg.matchAll(/stroke-dasharray/g)].length, 2);
  assert.doesNotMatch(renderChart(PLAIN), /<text class="label"[^>]*>sent</);
});

test('nothing, one point, equal values and very many points draw', () => {
  for (const points of [
    [],
    [[5, 7]],
    [
      [1, 3],
      [2, 3],
    ],
    [[0, 0]],
    [
      [1, -2],
      [2, 2],
    ],
  ] as [number, number][][]) {
    for (const scale of ['linear', 'log'] as const) {
      const svg = renderChart({ ...PLAIN, xScale: scale, yScale: scale, series: [{ name: 'a', points }] });
      assert.doesNotMatch(svg, /NaN|Infinity/, `${scale} ${JSON.stringify(points)}`);
    }
  }
  const many = Array.from({ length: 300_000 }, (_, index) => [index, index % 100] as const);
  assert.ok(renderChart({ ...PLAIN, series: [{ name: 'a', points: many }] }).length < 60_000);
});
