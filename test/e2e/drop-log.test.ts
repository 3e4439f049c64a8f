// What the command says of drops: sums, never a line per drop.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import { routeTo, startRelay } from './relay-process.ts';
import { makeLines, sendLines } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

test('a destination that cannot keep up is named in the log with a count, a reason and keys', async (t) => {
  const sink = await startSink(t);
  sink.reading = 'frozen';
  const relay = await startRelay(
    t,
    routeTo(`${sink.addr} queue_bytes=100000 spool=false when_full=drop_newest`),
  );
  const lines = makeLines('metric.with.a.name.of.usual.length', 300_000);
  await sendLines(t, relay.port, lines);
  const { dropped } = await relay.untilLedger('all is in', ({ received }) => received === lines.length);
  assert.ok((dropped.slow_conn ?? 0) > 10_000, JSON.stringify(dropped));
  await relay.untilLogged(/dest all_\S+ dropped [\d,]+ metrics due to slow conn; some of them: metric\.with/);
  sink.reading = 'all';
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  const said = [...relay.stderr.matchAll(/dropped ([\d,]+) metrics? due to slow conn/g)];
  assert.ok(said.length <= 5, `${said.length} lines`);
  const sum = said.reduce((total, [, count = '']) => total + Number(count.replaceAll(',', '')), 0);
  assert.equal(sum, ledger.dropped.slow_conn, 'the lines add up to the ledger');
});
