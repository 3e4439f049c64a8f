import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FdWriter, type WriteSync } from '../../src/util/fd-writer.ts';

function failing(code: string): WriteSync {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

test('a reader that is gone costs the line and nothing else', () => {
  for (const code of ['EPIPE', 'EBADF', 'ENOSPC', 'EAGAIN']) {
    const writer = new FdWriter(2, { writeSync: failing(code) });
    writer.write('a\n');
    writer.write('b\n');
    assert.equal(writer.lost, 2, code);
  }
});

test('a text that goes out in pieces arrives whole', () => {
  let out = '';
  const writer = new FdWriter(2, {
    writeSync: (_fd, bytes) => {
      const piece = bytes.subarray(0, 3);
      out += Buffer.from(piece).toString();
      return piece.length;
    },
  });
  writer.write('hello world\n');
  assert.equal(out, 'hello world\n');
  assert.equal(writer.lost, 0);
});

test('a line cut by a full pipe does not swallow the start of the next one', () => {
  let out = '';
  let room = 3;
  const writer = new FdWriter(2, {
    writeSync: (_fd, bytes) => {
      if (room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      const piece = bytes.subarray(0, room);
      room -= piece.length;
      out += Buffer.from(piece).toString();
      return piece.length;
    },
  });
  writer.write('first\n');
  room = 100;
  writer.write('second\n');
  assert.equal(out, 'fir\nsecond\n');
  assert.equal(writer.lost, 1);
});

test('a descriptor that takes nothing does not hold the process', () => {
  const writer = new FdWriter(2, { writeSync: () => 0 });
  writer.write('x\n');
  assert.equal(writer.lost, 1);
});
