// A destination with pickle=true: the same queue, redo, disk and books; only what is on the wire differs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskWith, flow, startRig } from '../disk-rig.ts';
import { makeRig, numbered } from '../rig.ts';
import { readFrames } from './read-frames.ts';

const ADDR = '10.0.0.1:2004 pickle=true';
const BAD = 'cannot.be.pickled 1 -5\n';

test('lines leave as pickle, and are booked as written', () => {
  const rig = makeRig(ADDR);
  rig.connect();
  rig.push(numbered(1, 1500));
  rig.turn();
  rig.network.last.completeAll();
  const read = readFrames(rig.network.last.chunks);
  assert.equal(read.text, numbered(1, 1500));
  assert.ok(read.frames >= 3 && read.rest === 0);
  assert.equal(rig.destination.counts.written, 1500);
  rig.finish();
});

test('what cannot be pickled is dropped by name, shown with its peer, and the others go on', () => {
  const noted: string[] = [];
  const rig = makeRig(ADDR, {
    noteUnencodable: (line, error, addr) => void noted.push(`${addr} ${error}: ${line.toString()}`),
  });
  rig.connect();
  rig.push(`${numbered(1, 2)}${BAD}${numbered(3, 4)}`);
  rig.turn();
  assert.equal(rig.destination.counts.queued, 5);
  rig.network.last.completeAll();
  assert.equal(readFrames(rig.network.last.chunks).text, numbered(1, 4));
  const { written, queued, dropped } = rig.destination.counts;
  assert.deepEqual([written, queued, dropped.encode_error], [4, 0, 1]);
  assert.deepEqual(noted, [
    '10.0.0.1:2004 pickle: its timestamp is not within 0 and 2^32-1 seconds: cannot.be.pickled 1 -5',
  ]);
  assert.ok(rig.logged.some((line) => line.includes('cannot send a line as pickle')));
  rig.push(BAD);
  rig.turn();
  rig.network.last.completeAll();
  assert.equal(rig.destination.counts.dropped.encode_error, 2);
  rig.finish();
});

test('a connection that breaks within a message is resumed at the border of one, redo first', () => {
  const rig = makeRig(ADDR);
  rig.connect();
  rig.push(`${numbered(1, 10)}${BAD}`);
  rig.turn();
  rig.network.last.completeAll();
  rig.push(`${numbered(11, 2000)}${BAD}`);
  rig.turn();
  rig.network.last.take(rig.network.last.writes.at(-1)! - 100);
  const first = readFrames(rig.network.last.chunks);
  assert.ok(first.rest > 0, 'the break is within a message');
  rig.network.last.fail();
  rig.reconnect();
  rig.network.last.completeAll();
  const second = readFrames(rig.network.last.chunks);
  assert.equal(second.text, numbered(1, 2000));
  assert.equal(second.rest, 0);
  const { written, resent, dropped } = rig.destination.counts;
  assert.deepEqual([written, resent, dropped.encode_error], [2000, 10, 2]);
  rig.finish();
});

test('at the end, what the kernel took of whole messages is written, and the rest is not', () => {
  const rig = makeRig(ADDR);
  rig.connect();
  rig.push(`${BAD}${numbered(1, 2000)}`);
  rig.turn();
  rig.network.last.take(rig.network.last.writes.at(-1)! - 100);
  const { text, rest } = readFrames(rig.network.last.chunks);
  assert.ok(text.length > 0 && rest > 0);
  const written = text.split('\n').length - 1;
  rig.destination.stop();
  const { counts } = rig.destination;
  assert.deepEqual([counts.written, counts.dropped.encode_error], [written, 1]);
  assert.equal(counts.dropped.shutdown, 2000 - written);
  rig.finish();
});

test('the disk holds plain lines; what comes back from it leaves as pickle, and what cannot is dropped once', async () => {
  const rig = await startRig(ADDR, diskWith(`${numbered(1, 3)}${BAD}`, numbered(4, 6)));
  rig.network.last.accept();
  rig.turn();
  await flow(rig);
  assert.equal(readFrames(rig.network.last.chunks).text, numbered(1, 6));
  const { written, spooled, dropped } = rig.destination.counts;
  assert.deepEqual([written, spooled, dropped.encode_error], [6, 0, 1]);
  rig.network.last.fail();
  rig.reconnect();
  await flow(rig);
  assert.equal(readFrames(rig.network.last.chunks).text, numbered(1, 6));
  const { counts } = rig.destination;
  assert.deepEqual([counts.written, counts.resent, counts.dropped.encode_error], [6, 6, 1]);
  rig.finish();
});

test('a peer that is away: plain lines go to disk', async () => {
  const disk = diskWith();
  const rig = await startRig(ADDR, disk);
  rig.push(`${numbered(1, 100)}${BAD}`);
  rig.turn();
  rig.clock.advance(1500);
  await rig.settle();
  assert.equal(disk.records.map(({ text }) => text).join(''), `${numbered(1, 100)}${BAD}`);
  rig.reconnect();
  await flow(rig);
  assert.equal(readFrames(rig.network.last.chunks).text, numbered(1, 100));
  assert.equal(rig.destination.counts.dropped.encode_error, 1);
  rig.finish();
});
