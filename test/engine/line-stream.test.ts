// Lines across chunks: carry, bound, ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine, Outcome } from '../../src/engine/engine.ts';
import { LineStream } from '../../src/engine/line-stream.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';

const LINE_BYTES_MAX = 1000;

async function makeStream() {
  const engine = await makeWasmEngine({
    lineBytesMax: LINE_BYTES_MAX,
    chunkBytesMax: 65_536,
    maxSeries: 1000,
    levels: { legacy: 'medium', m20: 'medium' },
    validateOrder: false,
    orderFutureMaxSec: 86_400,
  });
  engine.setResolve(() => ({ kind: 'route', outputs: [0] }));
  const seen = {
    out: '',
    received: 0,
    invalid: 0,
    tooLong: 0,
    truncated: [] as string[],
    runs: 0,
    scanned: 0,
  };
  const counting: Engine = {
    setResolve: (resolve) => engine.setResolve(resolve),
    stats: () => engine.stats(),
    keyOf: (nth) => engine.keyOf(nth),
    lines: engine.lines,
    run(carry, chunk, nowSec) {
      seen.runs += 1;
      seen.scanned += carry.length + chunk.length;
      return engine.run(carry, chunk, nowSec);
    },
  };
  const stream = new LineStream(counting, LINE_BYTES_MAX, {
    ran(outcome: Outcome) {
      seen.received += outcome.received;
      seen.invalid += outcome.invalid;
      for (const emit of outcome.emits) seen.out += Buffer.from(emit.bytes).toString('latin1');
    },
    tooLong: () => void (seen.tooLong += 1),
    truncated: (line) => void seen.truncated.push(Buffer.from(line).toString('latin1')),
  });
  return { stream, seen, write: (text: string) => stream.write(Buffer.from(text, 'latin1'), 0) };
}

test('a stream cut at every position gives the same lines', async () => {
  const text = 'a.b 1 2\r\nsecond.key  3.5\t4\nbad line\nthird 5 6\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const { write, seen } = await makeStream();
    write(text.slice(0, cut));
    write(text.slice(cut));
    assert.equal(seen.out, 'a.b 1 2\nsecond.key 3.5 4\nthird 5 6\n');
    assert.equal(seen.received, 4);
    assert.equal(seen.invalid, 1);
  }
});

test('a last line without newline counts after an orderly close', async () => {
  const { stream, write, seen } = await makeStream();
  write('a.b 1 2\nc.d 3 4');
  stream.end(true, 0);
  assert.equal(seen.out, 'a.b 1 2\nc.d 3 4\n');
  assert.deepEqual(seen.truncated, []);
});

test('a last line without newline that does not validate is invalid after an orderly close', async () => {
  const { stream, write, seen } = await makeStream();
  write('a.b 1 2\nc.d 3');
  stream.end(true, 0);
  assert.equal(seen.received, 2);
  assert.equal(seen.invalid, 1);
});

test('a last line without newline is truncated after a reset, though it would validate', async () => {
  const { stream, write, seen } = await makeStream();
  write('a.b 1 2\nc.d 3 4');
  stream.end(false, 0);
  assert.equal(seen.out, 'a.b 1 2\n');
  assert.deepEqual(seen.truncated, ['c.d 3 4']);
});

test('a 10 MB line that drips in is counted once, skipped, and costs its neighbours nothing', async () => {
  const { write, seen } = await makeStream();
  write('before 1 2\n');
  for (let i = 0; i < 10_000; i++) write('x'.repeat(1000));
  write('\nafter 1 2\n');
  assert.equal(seen.tooLong, 1);
  assert.equal(seen.out, 'before 1 2\nafter 1 2\n');
  assert.equal(seen.received, 2);
});

test('a line that drips in byte by byte is scanned once', async () => {
  const { write, seen } = await makeStream();
  const line = `${'k'.repeat(900)} 1 2\n`;
  for (const byte of line) write(byte);
  assert.equal(seen.out, line);
  assert.ok(seen.scanned <= line.length + 2, `scanned ${seen.scanned} bytes of ${line.length}`);
});

test('a line one byte over the bound is refused and one at the bound is not, in one chunk or two', async () => {
  for (const cut of [0, 500]) {
    for (const over of [0, 1]) {
      const { write, seen } = await makeStream();
      const line = `${'k'.repeat(LINE_BYTES_MAX - 4 + over)} 1 2\n`;
      write(line.slice(0, cut));
      write(line.slice(cut));
      assert.equal(seen.out === line, over === 0, `cut ${cut}, over ${over}`);
      assert.equal(seen.invalid + seen.tooLong, over);
    }
  }
});
