// Streams and datagrams of pickle: frames cut anywhere, senders that must wait, frames that cannot be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineSink } from '../../../src/input/dispatcher.ts';
import {
  PickleDispatcher,
  type PickleDispatcherOptions,
} from '../../../src/input/pickle/pickle-dispatcher.ts';
import { FakeClock } from '../../destination/fake-clock.ts';
import { seededRandom } from '../../destination/spool/spool-rig.ts';
import { bytesOf, RecordingDispatcher } from '../recording-dispatcher.ts';
import { RecordingLog } from '../recording-log.ts';
import { frameOf, metricsFrame, metricsLines } from './pickle-frames.ts';

const SENDER = '10.0.0.1:5';

function makeRig(options: Partial<PickleDispatcherOptions> = {}) {
  const lines = new RecordingDispatcher();
  const log = new RecordingLog();
  const pickles = new PickleDispatcher(
    { frameBytesMax: 16 * 1024 * 1024, lineBytesMax: 65_535, ...options },
    { lines, clock: new FakeClock(), log },
  );
  const events: string[] = [];
  const open = (): LineSink =>
    pickles.open(
      SENDER,
      () => void events.push('resume'),
      () => void events.push('pause'),
      () => void events.push('close'),
    );
  return { lines, log, pickles, events, open };
}

test('frames cut at every position give the same lines, in order', () => {
  const all = Buffer.concat([metricsFrame('a', 3), metricsFrame('b', 0), metricsFrame('c', 2)]);
  const wanted = metricsLines('a', 3) + metricsLines('c', 2);
  for (let first = 0; first <= all.length; first += 1) {
    for (const second of [first, Math.min(all.length, first + 3), all.length]) {
      const { lines, pickles, events, open } = makeRig();
      const sink = open();
      for (const part of [all.subarray(0, first), all.subarray(first, second), all.subarray(second)]) {
        if (part.length > 0) assert.equal(sink.write(part), true);
      }
      sink.end('fin');
      assert.equal(lines.text, wanted, `cut at ${first} and ${second}`);
      assert.deepEqual([lines.rejects, events, pickles.heldBytes], [[], [], 0]);
      assert.deepEqual(lines.only.ends, ['fin']);
    }
  }
});

test('a frame of more than a chunk waits with its rest while the sink has no room, and what follows waits behind it', () => {
  const { lines, pickles, events, open } = makeRig();
  const sink = open();
  const big = metricsFrame('big', 60_000);
  assert.ok(metricsLines('big', 60_000).length > 3 * lines.chunkBytesMax);
  lines.only.room = false;
  assert.equal(sink.write(big), false);
  assert.equal(lines.text.length, lines.chunkBytesMax);
  const held = pickles.heldBytes;
  assert.ok(held > 2 * lines.chunkBytesMax);
  const more = metricsFrame('more', 10);
  assert.equal(sink.write(more), false);
  assert.equal(pickles.heldBytes, held + more.length);
  lines.only.resume();
  assert.equal(lines.text.length, 2 * lines.chunkBytesMax);
  assert.deepEqual(events, []);
  lines.only.room = true;
  lines.only.resume();
  assert.equal(lines.text, metricsLines('big', 60_000) + metricsLines('more', 10));
  assert.deepEqual([events, pickles.heldBytes], [['resume'], 0]);
  assert.equal(sink.write(metricsFrame('last', 1)), true);
});

test('room that comes back before the write has returned does not leave the sender waiting', () => {
  const { lines, events, open } = makeRig();
  const sink = open();
  lines.only.room = false;
  lines.only.onWrite = () => lines.only.resume();
  assert.equal(sink.write(metricsFrame('a', 60_000)), true);
  assert.equal(lines.text, metricsLines('a', 60_000));
  assert.ok(events.every((event) => event === 'resume'));
});

test('while one sender writes, another that is let go on does not disturb its lines', () => {
  const { lines, open } = makeRig();
  const first = open();
  const second = open();
  const [one, two] = lines.streams;
  assert.ok(one && two);
  two.room = false;
  second.write(metricsFrame('waits', 60_000));
  second.write(metricsFrame('behind', 60_000));
  two.room = true;
  one.onWrite = () => two.resume();
  first.write(metricsFrame('writes', 60_000));
  assert.equal(bytesOf(one).toString(), metricsLines('writes', 60_000));
  assert.equal(bytesOf(two).toString(), metricsLines('waits', 60_000) + metricsLines('behind', 60_000));
});

test('a sender that is let go on while its own lines are handed on keeps their order', () => {
  const { lines, pickles, open } = makeRig();
  const sink = open();
  lines.only.room = false;
  for (const name of ['first', 'second', 'third']) sink.write(metricsFrame(name, 40_000));
  lines.only.room = true;
  lines.only.onWrite = () => lines.only.resume();
  lines.only.resume();
  const wanted = ['first', 'second', 'third'].map((name) => metricsLines(name, 40_000)).join('');
  assert.ok(lines.text === wanted);
  assert.equal(pickles.heldBytes, 0);
});

test('random cuts, pauses and ends: every line once and in order, and nothing stays held', () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const random = seededRandom(seed);
    const { lines, pickles, open } = makeRig();
    const sink = open();
    const counts = Array.from({ length: 8 }, () => Math.floor(random() * (random() < 0.3 ? 40_000 : 300)));
    const all = Buffer.concat(counts.map((count, i) => metricsFrame(`s${i}`, count)));
    let isFree = true;
    for (let at = 0; at < all.length; ) {
      if (!isFree) {
        lines.only.room = random() < 0.7;
        lines.only.resume();
        isFree = lines.only.room;
        if (!isFree && random() < 0.7) continue;
      }
      const size = Math.min(lines.chunkBytesMax, 1 + Math.floor(random() * 200_000));
      lines.only.room = random() < 0.6;
      isFree = sink.write(all.subarray(at, at + size));
      at += size;
    }
    sink.end('fin');
    assert.equal(
      lines.text === counts.map((count, i) => metricsLines(`s${i}`, count)).join(''),
      true,
      `seed ${seed}`,
    );
    assert.equal(pickles.heldBytes, 0, `seed ${seed}`);
  }
});

test('an item of another shape is counted with its sender, and the others go on', () => {
  const { lines, events, open } = makeRig();
  const sink = open();
  const frame = frameOf('](U\x04goodK\x05K\x01\x86\x86U\x03badK\x05N\x86\x86U\x05good2K\x05K\x02\x86\x86e.');
  assert.equal(sink.write(frame), true);
  assert.equal(lines.text, 'good 1 5\ngood2 2 5\n');
  assert.deepEqual(lines.rejects, [
    `${SENDER} invalid 1 pickle: the value is neither a number nor text: bad ? 5`,
  ]);
  const many = frameOf(`](${'N'.repeat(1000)}e.`);
  sink.write(many);
  assert.equal(lines.rejected, 1001);
  assert.equal(lines.rejects.length, 34);
  assert.deepEqual(events, []);
});

test('a frame that cannot be read closes its connection, is counted once, and nothing after it is read', () => {
  for (const [frame, why] of [
    [frameOf('](U\x09a'), 'it ends before its end mark'],
    [frameOf('(K\x01t.'), 'invalid payload prefix: it is not a pickled list'],
    [frameOf(''), 'invalid payload prefix: it is not a pickled list'],
    [frameOf('](cos\nsystem\ne.'), 'it names a thing of Python, which no metric needs'],
    [Buffer.from('ff000001', 'hex'), 'a message of 4278190081 bytes is longer than pickle_max_bytes'],
  ] as const) {
    for (const cut of [0, 2, frame.length]) {
      const { lines, log, pickles, events, open } = makeRig();
      const sink = open();
      sink.write(metricsFrame('before', 2));
      const rest = Buffer.concat([frame.subarray(cut), metricsFrame('after', 2)]);
      if (cut > 0) sink.write(frame.subarray(0, cut));
      sink.write(rest);
      assert.equal(sink.write(metricsFrame('after', 2)), false);
      sink.end('refused');
      assert.equal(lines.text, metricsLines('before', 2));
      assert.equal(lines.rejected, 1);
      assert.ok(lines.rejects[0]?.startsWith(`${SENDER} invalid 1 pickle: ${why}`), lines.rejects[0]);
      assert.deepEqual([events, lines.only.ends, pickles.heldBytes], [['close'], ['refused'], 0]);
      assert.equal(log.lines.length, 1);
    }
  }
});

test('plain text on the pickle port is named', () => {
  const { lines, open } = makeRig();
  open().write(Buffer.from('servers.a 1 1700000000\n'));
  assert.match(lines.rejects[0] ?? '', /looks like plain text, which goes to listen_addr/);
});

test('a frame that is not whole when the stream ends is counted as truncated', () => {
  for (const how of ['fin', 'reset', 'timeout'] as const) {
    const { lines, pickles, open } = makeRig();
    const sink = open();
    sink.write(metricsFrame('a', 5).subarray(0, 30));
    sink.end(how);
    assert.equal(lines.rejected, 1);
    assert.match(lines.rejects[0] ?? '', /truncated 1 truncated/);
    assert.equal(pickles.heldBytes, 0);
  }
});

test('a length costs no memory: only bytes that came are held, and all senders together are bounded', () => {
  const { pickles, lines, events, open } = makeRig({ heldBytesMax: 100_000 });
  const sinks = Array.from({ length: 30 }, open);
  const start = Buffer.alloc(1000, ']');
  start.writeUInt32BE(16_000_000);
  for (const sink of sinks.slice(0, 10)) assert.equal(sink.write(start), true);
  assert.ok(pickles.heldBytes <= 50_000, String(pickles.heldBytes));
  for (const sink of sinks) sink.write(Buffer.alloc(20_000, ']').fill(start, 0, 4));
  assert.ok(pickles.heldBytes <= 100_000, String(pickles.heldBytes));
  assert.ok(events.length > 0 && events.every((event) => event === 'close'));
  assert.match(lines.rejects[0] ?? '', /together hold too much/);
  for (const sink of sinks) sink.end('shutdown');
  assert.equal(pickles.heldBytes, 0);
});

test('a datagram holds whole frames; what is wrong with one does not touch the others', () => {
  const { lines, pickles } = makeRig();
  const bytes = Buffer.concat([metricsFrame('a', 2), frameOf('nonsense'), metricsFrame('b', 2)]);
  pickles.datagram(bytes, SENDER);
  pickles.datagram(metricsFrame('c', 3).subarray(0, 20), SENDER);
  assert.equal(
    Buffer.concat(lines.datagrams.map((datagram) => datagram.bytes)).toString(),
    metricsLines('a', 2) + metricsLines('b', 2),
  );
  assert.equal(lines.rejects.length, 2);
  assert.match(lines.rejects[0] ?? '', /invalid 1 pickle: invalid payload prefix/);
  assert.match(lines.rejects[1] ?? '', /truncated 1/);
});
