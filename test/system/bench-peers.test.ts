// The bench beside peers, for a moment: it starts relays, loses nothing, and keeps what it measured.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readResults } from '../../bench/result-file.ts';
import { summarise } from '../../bench/summary.ts';
import { ROOT } from '../../tools/source-files.ts';
import { makeFolder } from '../e2e/relay-process.ts';

const LINES = 50_000;
const DEADLINE_MS = 120_000;

test('the bench runs ours beside haproxy and carbon-c-relay and keeps a result of each', async (t) => {
  const file = join(makeFolder(t), 'results.json');
  const relays = ['sluice-block', 'c-relay-deep', 'haproxy'];
  const args = ['bench/e2e.ts', '--scenarios', 'fanout1', '--relays', relays.join(), '--rounds', '1'];
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [...args, '--lines', String(LINES), '--out', file],
    { cwd: ROOT, timeout: DEADLINE_MS },
  );
  assert.match(stderr, /\[3 of 3\] fanout1, round 1 of 1, haproxy; \d+ s left/);
  const [result] = readResults(file);
  assert.ok(result !== undefined);
  assert.notEqual(result.versions['haproxy'], '');
  for (const relay of relays) {
    const { rounds, lost, duplicates, expected, cpu } = summarise(relay, result.measurements);
    assert.deepEqual({ relay, rounds, lost, duplicates }, { relay, rounds: 1, lost: 0, duplicates: 0 });
    assert.ok(expected > 0 && Number.isFinite(cpu));
  }
});
