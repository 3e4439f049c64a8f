// Prometheus' own tool reads what the relay shows, and the alert rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import { resolve } from 'node:path';
import { routeTo, startRelay } from '../e2e/relay-process.ts';
import { makeLines, sendLines } from '../e2e/send-lines.ts';
import { startSink } from '../e2e/tcp-sink.ts';
import { ensurePackages, PROMETHEUS } from './debian-packages.ts';

const ROOT = resolve(import.meta.dirname, '../..');

before(() => ensurePackages(PROMETHEUS));

function promtool(args: readonly string[], input = ''): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { code: status, text: `${stdout}${stderr}` };
}

test('promtool reads /metrics of a relay at work, and has nothing to say about its names', async (t) => {
  const sink = await startSink(t);
  const relay = await startRelay(t, `spool_dir = "spool"\n${routeTo(sink.addr)}`);
  await sendLines(t, relay.port, makeLines('a', 1000));
  await sink.untilLines(1000);
  const scrape = await (await relay.get('/metrics')).text();
  const { code, text } = promtool(['check', 'metrics'], scrape);
  const own = text.split('\n').filter((line) => line.startsWith('sluice_'));
  assert.deepEqual(own, []);
  assert.ok(code === 0 || code === 3, `${code}: ${text}`);
  assert.doesNotMatch(text, /error while linting/);
});

test('promtool takes the alert rules', () => {
  const { code, text } = promtool(['check', 'rules', resolve(ROOT, 'dashboards/alerts.yaml')]);
  assert.equal(code, 0, text);
  assert.match(text, /SUCCESS: \d+ rules found/);
});
