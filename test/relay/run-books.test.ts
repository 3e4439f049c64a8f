// What counts as received, while destinations answer in any order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RunBooks } from '../../src/relay/run-books.ts';
import { makeRelayCounts } from '../../src/telemetry/ledger.ts';

interface Line {
  readonly generated: boolean;
  /** Destinations that do not have it yet. */
  left: number;
}

/** A step: lines, received or generated, each given by how many destinations it has; or destinations that answer. */
const step = fc.oneof(
  fc.record({
    generated: fc.boolean(),
    run: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ answers: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }) }),
);

test('received never says more than is with all its destinations, and all of it in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const counts = makeRelayCounts();
      const books = new RunBooks(counts);
      const lines: Line[] = [];
      let copies = 0;
      let entered = 0;
      const answer = (pick: number): void => {
        const open = lines.filter(({ left }) => left > 0);
        const line = open[pick % open.length];
        if (line === undefined) return;
        line.left -= 1;
        entered += 1;
        books.entered(1);
        assert.equal(
          counts.received + counts.generated + counts.copies,
          entered,
          'books move by what entered',
        );
        const whole = lines.filter(({ left, generated }) => left === 0 && !generated).length;
        assert.ok(counts.received <= whole, `${counts.received} received, ${whole} with all destinations`);
      };
      for (const one of steps) {
        if ('answers' in one) {
          for (const pick of one.answers) answer(pick);
          continue;
        }
        const { generated, run } = one;
        lines.push(...run.map((left) => ({ generated, left })));
        const more = run.reduce((sum, destinations) => sum + destinations - 1, 0);
        copies += more;
        if (generated) books.generated(run.length, more);
        else books.ran(run.length, more);
      }
      while (books.pending > 0) answer(0);
      const made = lines.filter(({ generated }) => generated).length;
      assert.deepEqual(
        [counts.received, counts.generated, counts.copies],
        [lines.length - made, made, copies],
      );
    }),
  );
});
