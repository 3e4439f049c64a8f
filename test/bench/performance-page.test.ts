import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Measurement } from '../../bench/e2e-run.ts';
import type { ScenarioResult } from '../../bench/result-file.ts';
import { readScenarios } from '../../bench/scenario.ts';
import { findShortfalls, judgeTargets, type Sentence } from '../../tools/performance/judge.ts';
import { renderPerformancePage, renderPerformancePlots } from '../../tools/performance/render-page.ts';
import { renderScaling, renderScalingPlots } from '../../tools/performance/render-scaling.ts';
import { readPageSource } from '../../tools/performance/source.ts';
import { ROOT } from '../../tools/source-files.ts';
import { makeMeasurement } from './make-measurement.ts';

const SENTENCE: Sentence = {
  scenarios: ['*'],
  peers: ['*'],
  metric: 'cpu',
  why: 'It does less.',
  planned: 'nothing.',
};

function makeResult(name: string, measurements: readonly Measurement[]): ScenarioResult {
  const scenario = readScenarios().find((one) => one.name === name);
  assert.ok(scenario !== undefined);
  return {
    origin: {
      commit: 'abc',
      dirty: false,
      date: '2026-01-01 00:00',
      machine: { cpu: 'a CPU', cores: 2, memoryGib: 8, kernel: '6.18.44-ab-v1' },
      node: 'v24',
    },
    scenario,
    rounds: 1,
    versions: {},
    absent: { nanotube: 'no binary was there' },
    failed: [{ relay: 'c-relay-deep', round: 1, message: 'it crashed' }],
    measurements,
  };
}

function makeCpu(relay: string, cpu: number, lost = 0): Measurement {
  const figures = { cpuSecondsPerMillion: cpu, cpuSecondsPerMillionDelivered: cpu, lost };
  return makeMeasurement(relay, 1, figures);
}

test('docs/performance.md and its plots are what the results say (bin/node tools/generate-docs.ts)', () => {
  const source = readPageSource();
  const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  assert.equal(text('docs/performance.md'), renderPerformancePage(source));
  for (const [name, plot] of Object.entries(renderPerformancePlots(source))) {
    assert.equal(text(`bench/results/${name}`), plot);
  }
});

test('wherever ours is not ahead of a peer, bench/behind.json says why and what is planned', () => {
  const { results, sentences } = readPageSource();
  const silent = findShortfalls(results, sentences).filter(({ sentence }) => sentence === undefined);
  assert.deepEqual(
    silent.map(({ scenario, peer, metric }) => `${scenario}: ${metric} against ${peer}`),
    [],
  );
});

test('a shortfall without a sentence is found, and the nearest sentence is taken', () => {
  const result = makeResult('fanout1', [makeCpu('sluice-block', 1), makeCpu('haproxy', 0.1)]);
  assert.equal(findShortfalls([result], [])[0]?.sentence, undefined);
  const near = { ...SENTENCE, scenarios: ['fanout1'], peers: ['haproxy'], why: 'Near.' };
  assert.equal(findShortfalls([result], [SENTENCE, near])[0]?.sentence?.why, 'Near.');
});

test('a target is met by a figure within it and no loss, and missed otherwise', () => {
  const verdict = (cpu: number, lost: number): readonly boolean[] => {
    const result = makeResult('fanout1', [makeCpu('sluice-block', cpu, lost), makeCpu('haproxy', 0.1)]);
    return judgeTargets(readScenarios(), [result]).map(({ isMet }) => isMet);
  };
  assert.deepEqual(verdict(0.1, 0), [true, true]);
  assert.deepEqual(verdict(0.4, 0), [false, false]);
  assert.deepEqual(verdict(0.1, 1), [false, false]);
});

test('the page shows losses beside every figure, who was left out, and what ended without a figure', () => {
  const result = makeResult('fanout1', [makeCpu('sluice-block', 0.2), makeCpu('haproxy', 0.1, 10)]);
  const page = renderPerformancePage({
    scenarios: readScenarios(),
    results: [result],
    sentences: [SENTENCE],
    scaling: [],
  });
  assert.match(page, /2\.00 \(lost 1\.0 %\)/);
  assert.match(page, /\| haproxy \| 1,000 \| 10 \(1\.0 %\) \|/);
  assert.match(page, /nanotube \(no binary was there\)/);
  assert.match(page, /, Linux 6\.18\.44, Node/);
  assert.match(page, /c-relay-deep in round 1 \(it crashed\)/);
  assert.match(page, /behind haproxy \(0\.200 against 0\.100\)\. It does less\. Planned: nothing\./);
});

test('the part about scaling has a table, the losses of all points and the reasons of each curve', () => {
  const { origin } = makeResult('fanout1', []);
  const result = {
    origin,
    name: 'series',
    title: 'Cost by series',
    note: 'One route',
    xLabel: 'series',
    yLabel: 'CPU s per 1 M',
    yScale: 'linear',
    curves: [
      {
        name: 'known',
        points: [
          { x: 1000, y: 0.12345, lost: 0 },
          { x: 10_000, y: 0.2, lost: 3 },
        ],
      },
    ],
    reasons: ['It bends where the caches end.'],
  } as const;
  const text = renderScaling([result]);
  assert.match(text, /One route; lost in all points: 3 lines\./);
  assert.match(text, /\| 1,000 \| 0\.123 \|/);
  assert.match(text, /- It bends where the caches end\./);
  assert.deepEqual(Object.keys(renderScalingPlots([result])), ['scaling-series.svg']);
  assert.equal(renderScaling([]), '');
});
