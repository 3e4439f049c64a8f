import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeImbalance, LedgerWatch } from '../../src/telemetry/ledger-watch.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeView } from './fake-view.ts';

function makeWatch(): {
  view: FakeView;
  watch: LedgerWatch;
  lines: string[];
  tick: () => void;
  pending: () => number;
} {
  const view = new FakeView();
  const lines: string[] = [];
  const due = new Set<() => void>();
  const watch = new LedgerWatch(
    { intervalMs: 5000 },
    {
      ledger: () => view.ledger(),
      log: { ...silentLog, error: (line) => lines.push(line), info: (line) => lines.push(`info ${line}`) },
      clock: {
        wallMs: () => 0,
        monotonicMs: () => 0,
        after(delayMs, callback) {
          assert.equal(delayMs, 5000);
          due.add(callback);
          return () => due.delete(callback);
        },
      },
    },
  );
  const tick = () => {
    const callbacks = [...due];
    due.clear();
    for (const callback of callbacks) callback();
  };
  return { view, watch, lines, tick, pending: () => due.size };
}

test('books that balance are no news', () => {
  const { view, watch, lines } = makeWatch();
  view.pass({ written: 5, queued: 1, slowConn: 2, invalid: 3 });
  assert.equal(watch.check(), true);
  assert.deepEqual(lines, []);
  assert.equal(watch.unbalancedChecks, 0);
  assert.equal(describeImbalance(view.ledger()), '');
});

test('a line that is missing is said once with the figures, and each check that sees it counts', () => {
  const { view, watch, lines, tick } = makeWatch();
  view.pass({ written: 5, queued: 1, invalid: 2 });
  watch.start();
  tick();
  assert.equal(lines.length, 0);
  view.rows[0]!.queued = 0;
  tick();
  tick();
  assert.equal(watch.unbalancedChecks, 2);
  assert.deepEqual(lines, [
    'BUG: the ledger does not balance: destination dest_a of route default: loaded 0 + in 6 = 6, but ' +
      'written 5 + queued 0 + spooled 0 + dropped 0 = 5; relay: loaded 0 + received 8 + generated 0 + copies 0 ' +
      '- consumed 0 = 8, but written, queued and spooled 5 + dropped 2 = 7',
  ]);
  view.rows[0]!.queued = 1;
  tick();
  assert.equal(lines.at(-1), 'info the ledger balances again');
});

test('lines that entered a destination from nowhere are found though each book balances', () => {
  const { view, watch, lines } = makeWatch();
  view.pass({ written: 5 });
  view.counts.received = 4;
  assert.equal(watch.check(), false);
  assert.match(lines[0] ?? '', /relay: loaded 0 \+ received 4 .* = 4, but .* = 5$/);
});

test('after stop nothing is left to run', () => {
  const { watch, tick, pending } = makeWatch();
  watch.start();
  tick();
  assert.equal(pending(), 1);
  watch.stop();
  assert.equal(pending(), 0);
});
