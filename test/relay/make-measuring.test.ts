// Who hears of lines: the sketches where the relay measures, nobody where it does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMeasuring } from '../../src/relay/make-measuring.ts';
import { systemClock } from '../../src/util/clock.ts';

const QUERY = { by: 'prefix', depth: 1, limit: 5, sort: 'linesPerSec' } as const;

for (const measure of [true, false]) {
  test(`with measure = ${measure} the sketches hear ${measure ? 'of every line' : 'of none'}`, () => {
    const world = { clock: systemClock, random: () => 0.5 };
    const { notes, top } = makeMeasuring({ measure }, world, () => ({ routeOf: () => 'r', rows: () => [] }));
    notes.setSource('10.0.0.1');
    notes.resolved(Buffer.from('a.b'), true, [0]);
    notes.ran(1, () => Buffer.from('a.b'));
    const { series, rows } = top.report(QUERY);
    assert.deepEqual([series, rows.length], measure ? [1, 1] : [0, 0]);
  });
}
