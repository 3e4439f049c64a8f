import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../../src/telemetry/tune/diagnose.ts';
import { FlowWatch } from '../../../src/telemetry/tune/flow-watch.ts';
import type { DestinationFacts } from '../../../src/telemetry/tune/tune-facts.ts';
import { makeDestinationCounts } from '../../../src/telemetry/ledger.ts';
import { FakeClock } from '../../destination/fake-clock.ts';
import { makeFacts, MIB, NO_DURATIONS } from './tune-rig.ts';

function changesOf(facts: DestinationFacts): string {
  return diagnose(facts)
    .advice.map(({ change }) => change)
    .join('\n');
}

test('a destination that keeps up has nothing to tune, and its outage is reckoned', () => {
  const { state, memorySec, diskSec, advice } = diagnose(makeFacts());
  assert.equal(state, 'healthy');
  assert.deepEqual(advice, []);
  assert.equal(memorySec, (32 * MIB) / 50_000);
  assert.equal(diskSec, (1024 * MIB) / 50_000);
});

test('away, stalled, slow, catching up, idle and bursty are told apart', () => {
  const spool = makeFacts().spool;
  assert.equal(diagnose(makeFacts({ online: false })).state, 'away');
  assert.equal(diagnose(makeFacts({ stallNowSec: 1.5, busy10: 1 })).state, 'stalled');
  const slow = { busy10: 0.95, queue: { ageSec: 3 }, flow: { outPerSec10: 400 } };
  assert.equal(diagnose(makeFacts(slow)).state, 'slow');
  assert.match(changesOf(makeFacts(slow)), /faster/);
  const crawling = makeFacts({ ...slow, stallNowSec: 2, write: { ...NO_DURATIONS, p99Sec: 2.5 } });
  assert.equal(diagnose(crawling).state, 'slow', 'writes that always take long are no stall');
  const replay = makeFacts({ spool: spool && { ...spool, lines: 9000, replayPerSec: 3000 }, busy10: 0.5 });
  assert.equal(diagnose(replay).state, 'catching_up');
  const nothing = { inPerSec10: 0, inPerSec60: 0 };
  assert.equal(diagnose(makeFacts({ flow: nothing })).state, 'idle');
  assert.equal(diagnose(makeFacts({ flow: { inWorstSec60: 5000 } })).state, 'bursty');
  assert.equal(diagnose(makeFacts({ queue: { highBytes60: 4 * MIB } })).state, 'bursty');
  const busy = makeFacts({ busy10: 0.95, queue: { ageSec: 0.01 } });
  assert.equal(diagnose(busy).state, 'healthy', 'busy and on time');
});

test('a bound in metrics below the worst burst is named, with what it should be', () => {
  const facts = makeFacts({ queue: { maxLines: 1000 }, flow: { inWorstSecHour: 10_000 } });
  assert.match(changesOf(facts), /leave connbuf=1000 out, or set it to 20,000/);
});

test('bursts that were dropped ask for a queue of twice their size', () => {
  const facts = makeFacts({
    whenFull: 'drop_newest',
    flow: { dropped60: 100_000, inWorstSec60: 90_000 },
    queue: { highBytes: 2 * MIB, highBytes60: 2 * MIB, maxBytes: 2 * MIB },
  });
  assert.equal(diagnose(facts).state, 'bursty');
  assert.match(changesOf(facts), new RegExp(`set queue_bytes=${14 * MIB}`));
});

test('an outage of less than a minute asks for the disk, unless senders wait', () => {
  const facts = { spool: null, queue: { maxBytes: 500_000 } };
  assert.match(changesOf(makeFacts(facts)), /let it spill to disk/);
  assert.equal(changesOf(makeFacts({ ...facts, whenFull: 'block' })), '');
});

test('the flow of a destination is that of its books, second by second', () => {
  const clock = new FakeClock();
  const counts = makeDestinationCounts();
  const watch = new FlowWatch({ books: () => [counts], clock });
  watch.start();
  clock.advance(30_000);
  for (let second = 0; second < 20; second++) {
    counts.in += second === 12 ? 5000 : 100;
    counts.written += 90;
    counts.dropped.slow_conn += 10;
    counts.spooled += 3;
    clock.advance(1000);
  }
  assert.deepEqual(watch.flowOf(counts), {
    inPerSec10: (9 * 100 + 5000) / 10,
    inPerSec60: (19 * 100 + 5000) / 20,
    inWorstSec60: 5000,
    inWorstSecHour: 5000,
    outPerSec10: 90,
    outPerSec60: 90,
    dropped10: 100,
    dropped60: 200,
    spooledPerSec10: 3,
  });
  clock.advance(120_000);
  const later = watch.flowOf(counts);
  assert.deepEqual([later.inPerSec60, later.inWorstSec60, later.inWorstSecHour], [0, 0, 5000]);
  assert.equal(watch.flowOf(makeDestinationCounts()).inPerSec60, 0, 'not seen yet');
  watch.stop();
});
