import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SpoolLegacies } from '../../src/relay/spool-legacies.ts';
import { makeDestinationCounts } from '../../src/telemetry/ledger.ts';
import { assertConserved } from '../assert-conserved.ts';

test('what one left is taken out of the books of the gone once, as what it was', () => {
  const retired = { ...makeDestinationCounts(), in: 10, loaded: 5, written: 3, spooled: 12 };
  const legacies = new SpoolLegacies(retired);
  legacies.leave('a', { ...retired }, 7);
  assert.deepEqual(legacies.inherit('b', 12), { entered: 0, repeats: 0 }, 'nobody left anything there');
  assert.deepEqual(legacies.inherit('a', 15), { entered: 10, repeats: 3 });
  assert.deepEqual([retired.in, retired.loaded, retired.spooled], [0, 3, 0]);
  assert.deepEqual(legacies.inherit('a', 12), { entered: 0, repeats: 0 });
  assertConserved(retired);
});

test('the books of the gone balance and stay above zero, however much is found again', () => {
  const gone = fc.record({ in: fc.nat(50), loaded: fc.nat(50), spooled: fc.nat(100), found: fc.nat(150) });
  fc.assert(
    fc.property(fc.array(gone, { maxLength: 5 }), (all) => {
      const retired = makeDestinationCounts();
      const legacies = new SpoolLegacies(retired);
      for (const [index, one] of all.entries()) {
        const spooled = Math.min(one.spooled, one.in + one.loaded);
        const written = one.in + one.loaded - spooled;
        const counts = { ...makeDestinationCounts(), in: one.in, loaded: one.loaded, spooled, written };
        for (const name of ['in', 'loaded', 'spooled', 'written'] as const) retired[name] += counts[name];
        legacies.leave(`spool ${index}`, counts, index);
      }
      for (const [index, { found }] of all.entries()) {
        const { entered, repeats } = legacies.inherit(`spool ${index}`, found);
        assert.ok(entered + repeats <= found);
        assertConserved(retired);
        assert.ok(retired.loaded >= 0);
      }
    }),
  );
});
