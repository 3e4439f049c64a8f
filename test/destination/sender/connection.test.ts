// The connection's states: attempts, addresses, time-outs, backoff, and what it says in the log.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { backoffMs } from '../../../src/destination/sender/backoff.ts';
import { isSelfConnected, type Lookup } from '../../../src/destination/sender/peer-socket.ts';
import { makeRig, numbered } from '../rig.ts';

test('a connection comes online with keepalive, without Nagle, reading what the peer says', () => {
  const rig = makeRig('10.0.0.1:2003:a');
  rig.destination.start();
  assert.equal(rig.destination.state, 'connecting');
  assert.equal(rig.network.last.ip, '10.0.0.1');
  assert.equal(rig.network.last.port, 2003);
  rig.network.last.accept();
  assert.equal(rig.destination.state, 'online');
  const { noDelay, keepAlive, resumed } = rig.network.last;
  assert.deepEqual([noDelay, keepAlive, resumed], [true, true, true]);
  assert.deepEqual(rig.logged, ['info dest r_10_0_0_1_2003_a new conn online']);
  rig.finish();
});

test('all addresses of a name are tried in order, and the name is looked up again for each attempt', () => {
  const answers = [['10.0.0.1', '10.0.0.2'], ['10.0.0.3']];
  const asked: string[] = [];
  const lookup: Lookup = (host, done) => {
    asked.push(host);
    done(undefined, answers[asked.length - 1] ?? []);
  };
  const rig = makeRig('carbon.example:2003', { lookup });
  rig.destination.start();
  rig.network.last.fail('connect ECONNREFUSED');
  rig.network.last.fail('connect ECONNREFUSED');
  rig.reconnect();
  assert.deepEqual(
    rig.network.sockets.map((socket) => socket.ip),
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  );
  assert.deepEqual(asked, ['carbon.example', 'carbon.example']);
  assert.equal(rig.destination.senderStats.connectAttempts, 2);
  rig.finish();
});

test('a name server that fails does not cut off a peer whose address is known', () => {
  let broken = false;
  const lookup: Lookup = (_host, done) => {
    if (broken) done(new Error('getaddrinfo EAI_AGAIN'), []);
    else done(undefined, ['10.0.0.1']);
  };
  const rig = makeRig('carbon.example:2003', { lookup });
  rig.connect();
  broken = true;
  rig.network.last.fail();
  rig.reconnect();
  assert.equal(rig.destination.state, 'online');
  rig.finish();
});

test('a name look-up that hangs is given up, and never asked twice at once', () => {
  const pending: (() => void)[] = [];
  const lookup: Lookup = (_host, done) => pending.push(() => done(undefined, ['10.0.0.1']));
  const rig = makeRig('carbon.example:2003', { lookup });
  rig.destination.start();
  rig.clock.advance(120_000);
  assert.equal(pending.length, 1);
  assert.ok(rig.destination.senderStats.connectAttempts > 5);
  assert.match(rig.destination.senderStats.lastError, /takes too long/);
  // The late answer helps the attempt that waits, or the next one.
  pending[0]?.();
  for (let i = 0; i < 40 && rig.network.sockets.length === 0; i += 1) {
    rig.clock.advance(1000);
    for (const answer of pending.splice(1)) answer();
  }
  rig.network.last.accept();
  assert.equal(rig.destination.state, 'online');
  rig.finish();
});

test('an address that does not answer is given up after connect_timeout', () => {
  const rig = makeRig('10.0.0.1:2003 connect_timeout=700');
  rig.destination.start();
  rig.clock.advance(699);
  assert.equal(rig.destination.state, 'connecting');
  rig.clock.advance(1);
  assert.equal(rig.destination.state, 'offline');
  assert.equal(rig.network.last.destroyed, true);
  assert.match(rig.logged.join(), /warn dest r_10_0_0_1_2003 cannot connect to 10.0.0.1:2003: no answer/);
  // A late answer of the socket that was given up changes nothing.
  rig.network.last.accept();
  assert.equal(rig.destination.state, 'offline');
  rig.finish();
});

test('pauses between attempts double up to reconn, with jitter, and start anew after a good connection', () => {
  assert.equal(
    backoffMs(0, 10_000, () => 1),
    100,
  );
  assert.equal(
    backoffMs(0, 10_000, () => 0),
    50,
  );
  assert.equal(
    backoffMs(3, 10_000, () => 1),
    800,
  );
  assert.equal(
    backoffMs(60, 10_000, () => 1),
    10_000,
  );
  assert.equal(
    backoffMs(60, 0, () => 1),
    100,
  );
  const rig = makeRig('10.0.0.1:2003 reconn=1000');
  rig.destination.start();
  for (let i = 0; i < 10; i += 1) {
    rig.network.last.fail('connect ECONNREFUSED');
    rig.clock.advance(1000);
  }
  assert.equal(rig.network.sockets.length, 11);
  rig.network.last.accept();
  rig.clock.advance(1000);
  rig.network.last.fail();
  rig.clock.advance(100);
  assert.equal(rig.network.sockets.length, 12);
  rig.finish();
});

/** Lets each attempt of a minute fail the same way; returns when they began, ms after the loss. */
function attemptTimes(random: number, error: string): number[] {
  const rig = makeRig('10.0.0.1:2003', { random: () => random });
  rig.connect();
  rig.clock.advance(5000);
  rig.network.last.fail();
  const lostMs = rig.clock.monotonicMs();
  const times: number[] = [];
  while (rig.clock.monotonicMs() - lostMs < 60_000) {
    const before = rig.network.sockets.length;
    rig.clock.advance(5);
    if (rig.network.sockets.length === before) continue;
    times.push(rig.clock.monotonicMs() - lostMs);
    rig.network.last.fail(error);
  }
  rig.finish();
  return times;
}

for (const random of [0, 0.5, 1]) {
  test(`a peer whose host refuses is noticed within a tenth of the time that it was away, jitter ${random}`, () => {
    const times = attemptTimes(random, 'connect ECONNREFUSED');
    for (const [nth, ms] of times.entries()) {
      const sinceMs = times[nth - 1] ?? 0;
      assert.ok(ms - sinceMs <= 105 + Math.min(900, sinceMs / 10), `${ms - sinceMs} ms after ${sinceMs} ms`);
    }
    const late = times.filter((ms) => ms > 30_000).length;
    assert.ok(late >= 29 && late <= 60, `${late} attempts in half a minute`);
    assert.ok(times.length < 160, `${times.length} attempts in a minute`);
  });
}

test('one failure of another kind after many refusals costs no longer pause than a first one', () => {
  for (const fail of ['finish', 'meet'] as const) {
    const rig = makeRig('127.0.0.1:40000', { random: () => 1 });
    rig.connect();
    rig.clock.advance(5000);
    rig.network.last.fail();
    for (let i = 0; i < 11; i += 1) rig.refuse();
    const before = rig.network.sockets.length;
    rig.clock.advance(300);
    if (fail === 'meet') rig.network.last.localAddress = '127.0.0.1';
    rig.network.last.accept();
    if (fail === 'finish') rig.network.last.finish();
    assert.equal(rig.destination.state, 'offline');
    rig.clock.advance(300);
    assert.equal(rig.network.sockets.length, before + 2, fail);
    rig.finish();
  }
});

test('a host that does not answer at all is tried ever less often, up to reconn', () => {
  const times = attemptTimes(1, 'connect EHOSTUNREACH');
  assert.ok(times.length <= 11, `${times.length} attempts in a minute`);
});

test('a connection that met itself is taken for a port where nobody listens', async (t) => {
  const rig = makeRig('127.0.0.1:40000');
  rig.destination.start();
  rig.push(numbered(1, 3));
  rig.network.last.localAddress = '127.0.0.1';
  rig.network.last.accept();
  assert.equal(rig.destination.state, 'offline');
  assert.equal(rig.network.last.received, '');
  rig.reconnect();
  rig.turn();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 3));
  rig.finish();
  // The system does it for real when the ends are the same.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const socket = connect({ host: '127.0.0.1', port, localPort: port });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  assert.ok(isSelfConnected(socket));
});

test('a peer that accepts and closes at once is not dialled in a tight loop', () => {
  const rig = makeRig('10.0.0.1:2003 reconn=5000');
  rig.destination.start();
  for (let i = 0; i < 600; i += 1) {
    rig.network.last.accept();
    rig.network.last.finish();
    rig.clock.advance(100);
  }
  assert.ok(rig.network.sockets.length < 25, `${rig.network.sockets.length} connections in a minute`);
  assert.ok(rig.logged.filter((line) => line.startsWith('warn')).length <= 7);
  rig.finish();
});

test('trouble is said once and then at most once a minute, and again after it was over', () => {
  const rig = makeRig();
  rig.destination.start();
  for (let i = 0; i < 590; i += 1) {
    rig.network.last.fail('connect ECONNREFUSED');
    rig.clock.advance(100);
  }
  assert.equal(rig.logged.length, 1);
  for (let i = 0; i < 300; i += 1) {
    rig.network.last.fail('connect ECONNREFUSED');
    rig.clock.advance(100);
  }
  assert.equal(rig.logged.length, 2);
  rig.clock.advance(20_000);
  rig.reconnect();
  rig.network.last.finish();
  assert.deepEqual(rig.logged.slice(-2), [
    'info dest r_10_0_0_1_2003 new conn online',
    'warn dest r_10_0_0_1_2003 lost its connection: the peer closed it',
  ]);
  rig.finish();
});

test('a peer that closes is noticed at once, also when nothing is written', () => {
  const rig = makeRig();
  rig.connect();
  rig.network.last.finish();
  assert.equal(rig.destination.state, 'offline');
  assert.equal(rig.network.last.destroyed, true);
  rig.finish();
});

test('events of a socket that was given up are ignored', () => {
  const rig = makeRig();
  rig.connect();
  rig.push(numbered(1, 3));
  rig.turn();
  const old = rig.network.last;
  const late = old.pending?.done;
  old.finish();
  late?.();
  assert.equal(rig.destination.counts.written, 0);
  rig.reconnect();
  late?.();
  assert.equal(rig.destination.counts.written, 0);
  rig.network.last.completeAll();
  assert.equal(rig.destination.counts.written, 3);
  rig.finish();
});

test('a connection at max_conn_age ends in order once no write is under way, and the next one resends nothing', () => {
  const rig = makeRig('10.0.0.1:2003 max_conn_age=10000');
  rig.connect();
  const first = rig.network.last;
  rig.push(numbered(1, 5));
  rig.turn();
  rig.clock.advance(9999);
  rig.push(numbered(6, 8));
  rig.turn();
  // Random is 1 in the rig: the age is the shortest, four fifths of the bound, and has passed.
  assert.equal(first.ended, false);
  first.complete();
  assert.equal(first.ended, true);
  assert.equal(first.received, numbered(1, 5));
  assert.equal(rig.network.sockets.length, 1);
  first.finish();
  rig.network.last.accept();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(6, 8));
  assert.equal(rig.destination.counts.resent, 0);
  assert.equal(rig.destination.redoBytes, numbered(6, 8).length);
  rig.finish();
});

test('an idle connection is renewed by its age alone', () => {
  const rig = makeRig('10.0.0.1:2003 max_conn_age=10000');
  rig.connect();
  rig.clock.advance(8001);
  assert.equal(rig.network.last.ended, true);
  rig.network.last.finish();
  assert.equal(rig.network.sockets.length, 2);
  rig.finish();
});

test('a peer that does not confirm the end of an old connection counts as broken, and gets the redo window again', () => {
  const rig = makeRig('10.0.0.1:2003 max_conn_age=10000');
  rig.connect();
  rig.clock.advance(7990);
  rig.push(numbered(1, 5));
  rig.turn();
  rig.network.last.complete();
  rig.clock.advance(20);
  assert.equal(rig.network.last.ended, true);
  rig.clock.advance(3000);
  assert.equal(rig.network.sockets[0]?.destroyed, true);
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.destination.counts.resent, 5);
  rig.finish();
});

test('a drain during a renewal still sends what is queued', async () => {
  const rig = makeRig('10.0.0.1:2003 max_conn_age=10000');
  rig.connect();
  rig.clock.advance(8001);
  rig.push(numbered(1, 3));
  const drained = rig.destination.drain(rig.clock.nowMs + 5000);
  rig.network.last.finish();
  rig.network.last.accept();
  rig.network.last.completeAll();
  rig.network.last.finish();
  await drained;
  assert.equal(rig.network.last.received, numbered(1, 3));
  assert.equal(rig.destination.counts.written, 3);
  rig.finish();
});

test('a peer that takes not one byte for write_timeout is given up, one that takes some is not', () => {
  const rig = makeRig('10.0.0.1:2003 write_timeout=1000 redo_bytes=0');
  rig.connect();
  rig.push(numbered(1, 100));
  rig.turn();
  for (let i = 0; i < 10; i += 1) {
    rig.network.last.take(10);
    rig.clock.advance(900);
    assert.equal(rig.destination.online, true);
  }
  rig.clock.advance(2000);
  assert.equal(rig.destination.online, false);
  assert.match(rig.destination.senderStats.lastError, /took nothing for 1000 ms/);
  rig.reconnect();
  rig.network.last.completeAll();
  assert.equal(rig.network.last.received, numbered(1, 100));
  rig.finish();
});
