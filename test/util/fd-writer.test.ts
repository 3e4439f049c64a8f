import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FdWriter, type WriteSync } from '../../src/util/fd-writer.ts';

function failing(code: string): WriteSync {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

/** A pipe with `room` bytes left, and the writer's retries in the test's hand. */
function makePipe(room: number) {
  const pipe = { room, out: '', retries: [] as (() => void)[] };
  const writer = new FdWriter(2, {
    writeSync: (_fd, bytes) => {
      if (pipe.room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      const piece = bytes.subarray(0, pipe.room);
      pipe.room -= piece.length;
      pipe.out += Buffer.from(piece).toString();
      return piece.length;
    },
    later: (_delayMs, run) => void pipe.retries.push(run),
  });
  return { pipe, writer };
}

test('a reader that is gone costs the line and nothing else', () => {
  for (const code of ['EPIPE', 'EBADF', 'ENOSPC']) {
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

test('what a full pipe does not take follows in order when there is room', () => {
  const { pipe, writer } = makePipe(3);
  writer.write('first\n');
  writer.write('second\n');
  assert.equal(pipe.out, 'fir');
  assert.equal(pipe.retries.length, 1);
  pipe.room = 5;
  pipe.retries.shift()?.();
  assert.equal(pipe.out, 'first\nse');
  pipe.room = 100;
  pipe.retries.shift()?.();
  writer.write('third\n');
  assert.equal(pipe.out, 'first\nsecond\nthird\n');
  assert.equal(writer.lost, 0);
});

test('a reader that stalls costs whole texts beyond a bound, and memory no more than that', () => {
  const { pipe, writer } = makePipe(0);
  const text = `${'x'.repeat(1023)}\n`;
  for (let n = 0; n < 5000; n += 1) writer.write(text);
  assert.equal(writer.lost, 5000 - 1024);
  pipe.room = Number.POSITIVE_INFINITY;
  pipe.retries.shift()?.();
  assert.equal(pipe.out, text.repeat(1024));
});

test('the end waits for a reader, but not for ever', () => {
  const { pipe, writer } = makePipe(2);
  writer.write('last\n');
  writer.flush(30);
  assert.equal(pipe.out, 'la');
  assert.equal(writer.lost, 1);
});

test('a descriptor that takes nothing does not hold the process', () => {
  const writer = new FdWriter(2, { writeSync: () => 0 });
  writer.write('x\n');
  writer.flush(0);
  assert.equal(writer.lost, 1);
});
