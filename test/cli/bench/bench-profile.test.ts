// How the flags of `sluice bench` become a plan.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadFlags, makePlan } from '../../../src/cli/bench/bench-profile.ts';
import { layOut, makeShare } from '../../../src/cli/bench/load-plan.ts';
import { runCommand } from '../fake-world.ts';

const PLAIN = { profile: 'full', series: '1000', tags: '0', seed: '1' } as const satisfies LoadFlags;

function slotsOf(flags: Partial<LoadFlags>): { slotLines: number; slotsMax: number } {
  return layOut(makePlan({ ...PLAIN, ...flags }), 1_700_000_000, 1);
}

test('--lines-per-write is taken by every profile but notes', () => {
  for (const profile of ['full', 'paced', 'churn', 'fanin', 'pickle', 'udp']) {
    assert.equal(slotsOf({ profile, linesPerWrite: '7' }).slotLines, 7, profile);
    assert.equal(slotsOf({ profile, linesPerWrite: '7', lines: '1000' }).slotLines, 7, profile);
  }
  assert.equal(slotsOf({}).slotLines, 1024);
  assert.equal(slotsOf({ profile: 'paced' }).slotLines, 5);
});

test('the profile notes refuses --lines-per-write, and so does a number that is none, in one line', async () => {
  for (const [profile, count, why] of [
    ['notes', '7', /^sluice: the profile notes writes each line by itself: it takes no --lines-per-write\n$/],
    ['full', '0', /^sluice: --lines-per-write 0: a whole number from 1 to 1024\n$/],
  ] as const) {
    const { code, err } = await runCommand(['bench', '--profile', profile, '--lines-per-write', count]);
    assert.equal(code, 2);
    assert.match(err, why);
  }
});

test('a plot that cannot be written is refused before the load is run', async () => {
  const { code, out, err } = await runCommand(['bench', '--seconds', '1', '--plot', 'no/such/folder/a.svg']);
  assert.deepEqual({ code, out }, { code: 1, out: '' });
  assert.equal(err, 'sluice: no/such/folder/a.svg cannot be written: its folder: no such file\n');
});

test('a load of single lines needs no more memory than there are system calls in its time', () => {
  assert.ok(slotsOf({ linesPerWrite: '1' }).slotsMax <= 11_000_000);
  // Paced or counted, its writes are known: what memory cannot hold is said in one line.
  const layout = layOut(
    makePlan({ ...PLAIN, rate: '10000000', seconds: '3600', linesPerWrite: '1' }),
    1_700_000_000,
    1,
  );
  assert.throws(() => makeShare(layout), /ask for fewer --seconds or --lines, or more --lines-per-write$/);
});
