// What random changes under load must leave true.
import assert from 'node:assert/strict';
import type { OperationReport } from './operation-rounds.ts';

/** Asserts it; `lines` at least were sent. */
export function assertOperations(report: OperationReport, lines: number): void {
  const { kept, ledger } = report;
  assert.ok(kept.sent >= lines, `only ${kept.sent} lines were sent`);
  assert.deepEqual(
    {
      missing: kept.missing,
      doubles: kept.doubles,
      damaged: kept.damaged.length,
      outOfOrder: kept.outOfOrder,
    },
    { missing: 0, doubles: 0, damaged: 0, outOfOrder: 0 },
    'the route that no change touches',
  );
  assert.equal(report.keptConnections, 1, 'a destination that no change touches kept its connection');
  assert.equal(report.othersGot, report.othersWritten, 'what was written arrived');
  assert.deepEqual(ledger.dropped, {}, 'nothing was dropped');
  assert.ok(report.done > report.refused * 4, `${report.refused} of the changes were refused`);
}
