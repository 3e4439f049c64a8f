import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDots } from '../../tools/performance/render-dots.ts';

const dot = (series: string, value: number, lost = false) => ({
  series,
  value,
  lost,
  title: `${series} <&>`,
});

test('each value is a dot, one that lost lines a cross, and rows without a value are left out', () => {
  const text = renderDots({
    title: 'CPU',
    xLabel: 's',
    series: ['a', 'b'],
    rows: [
      { name: 'one', dots: [dot('a', 1), dot('b', 10, true)] },
      { name: 'nothing', dots: [dot('a', 0)] },
    ],
  });
  assert.equal(text.match(/<circle [^>]+><title>a &lt;&amp;&gt;/g)?.length, 1);
  assert.equal(text.match(/class="s1 cross"/g)?.length, 1);
  assert.ok(!text.includes('nothing'));
});
