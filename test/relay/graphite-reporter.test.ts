// The reporter of self-metrics: whatever its target does, it holds one report, and no longer than its time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lookup } from '../../src/destination/sender/peer-socket.ts';
import { GraphiteReporter } from '../../src/relay/graphite-reporter.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { FakeNetwork } from '../destination/fake-network.ts';

function makeReporter(host = '10.0.0.1') {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const warnings: string[] = [];
  const looked: { host: string; done: Parameters<Lookup>[1] }[] = [];
  const durations: number[] = [];
  const reporter = new GraphiteReporter(
    { host, port: 2003, timeoutMs: 900 },
    {
      clock,
      connect: network.connect,
      lookup: (name, done) => looked.push({ host: name, done }),
      log: { warn: (line) => warnings.push(line) },
      sent: (ms) => durations.push(ms),
    },
  );
  return { clock, network, warnings, looked, durations, reporter };
}

test('each report has a connection of its own, which is ended once the kernel has it', () => {
  const { clock, network, reporter, durations } = makeReporter();
  for (const text of ['a 1 1\n', 'a 2 2\n']) {
    reporter.send(text);
    const socket = network.last;
    socket.accept();
    clock.advance(5);
    socket.complete();
    assert.equal(Buffer.concat(socket.chunks).toString(), text);
    socket.finish();
    assert.equal(reporter.isBusy, false);
    assert.equal(reporter.isConnected, true);
  }
  assert.equal(network.sockets.length, 2);
  assert.deepEqual(durations, [5, 5]);
  assert.deepEqual(reporter.counts, { sent: 2, failed: 0, skipped: 0 });
  assert.equal(clock.pending, 0);
});

test('a target that accepts and reads nothing costs one report at a time', () => {
  const { clock, network, reporter, warnings } = makeReporter();
  for (let round = 0; round < 5; round += 1) {
    reporter.send('a 1 1\n'.repeat(1000));
    reporter.send('skipped');
    network.last.accept();
    clock.advance(1000);
    assert.equal(reporter.isBusy, false, 'a report outlived its time');
    assert.equal(network.last.destroyed, true, 'a connection was left behind');
  }
  assert.deepEqual(reporter.counts, { sent: 0, failed: 5, skipped: 5 });
  assert.equal(clock.pending, 0);
  assert.match(
    warnings[0] ?? '',
    /^self-metrics cannot be sent to 10\.0\.0\.1:2003: no answer within 900 ms/,
  );
});

test('a target that never ends its side is hung up on', () => {
  const { clock, network, reporter } = makeReporter();
  reporter.send('a 1 1\n');
  network.last.accept();
  network.last.complete();
  assert.equal(reporter.isBusy, true);
  clock.advance(900);
  assert.equal(network.last.destroyed, true);
  assert.deepEqual(reporter.counts, { sent: 1, failed: 0, skipped: 0 });
});

test('the name is looked up for each report, and every address is tried', () => {
  const { network, reporter, looked, warnings } = makeReporter('graphite.example');
  reporter.send('a 1 1\n');
  looked[0]?.done(undefined, ['10.0.0.1', '10.0.0.2']);
  network.last.fail('connect ECONNREFUSED');
  assert.equal(network.last.ip, '10.0.0.2');
  network.last.fail('connect ETIMEDOUT');
  assert.deepEqual(reporter.counts, { sent: 0, failed: 1, skipped: 0 });
  assert.match(warnings[0] ?? '', /ETIMEDOUT; the next report is tried all the same$/);
  reporter.send('a 2 2\n');
  assert.equal(looked.length, 2);
  looked[1]?.done(undefined, ['10.0.0.3']);
  assert.equal(network.last.ip, '10.0.0.3');
});

test('a look-up that hangs is not joined by another', () => {
  const { clock, network, reporter, looked } = makeReporter('graphite.example');
  for (let round = 0; round < 5; round += 1) {
    reporter.send('a 1 1\n');
    clock.advance(1000);
  }
  assert.equal(looked.length, 1);
  assert.deepEqual(reporter.counts, { sent: 0, failed: 1, skipped: 4 });
  looked[0]?.done(undefined, ['10.0.0.1']);
  assert.equal(network.sockets.length, 0, 'a report whose time is over was sent');
  reporter.send('a 2 2\n');
  assert.equal(looked.length, 2);
});

test('stopping leaves nothing behind', () => {
  const { clock, network, reporter } = makeReporter();
  reporter.send('a 1 1\n');
  reporter.stop();
  assert.equal(network.last.destroyed, true);
  assert.equal(clock.pending, 0);
});
