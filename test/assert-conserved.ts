// The assertion that ends every component, golden, model and end-to-end test: nothing disappeared without a name.
import assert from 'node:assert/strict';
import { totalDropped } from '../src/telemetry/drop-reason.ts';
import { type DestinationCounts, destinationBalanced, type Ledger } from '../src/telemetry/ledger.ts';

/** Asserts that a destination's books, or a whole ledger, balance. */
export function assertConserved(books: DestinationCounts | Ledger): void {
  if ('balanced' in books) {
    assert.ok(books.balanced, `the ledger does not balance: ${JSON.stringify(books)}`);
    return;
  }
  assert.ok(
    destinationBalanced(books),
    `the books do not balance: in ${books.loaded + books.in}, written ${books.written}, queued ${books.queued}, ` +
      `spooled ${books.spooled}, dropped ${totalDropped(books.dropped)}`,
  );
  for (const count of [books.in, books.written, books.queued, books.spooled, books.resent]) {
    assert.ok(count >= 0 && Number.isInteger(count), `a count is ${count}`);
  }
}
