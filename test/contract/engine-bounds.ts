// The part of the engine contract about bounds: longest lines, fullest chunks, widest outputs.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Engine, type EngineOptions, REJECT_SAMPLES_MAX } from '../../src/engine/engine.ts';
import { FUTURE_MAX_SEC, MEDIUM, NONE, NOW_SEC } from './engine-cases.ts';
import { bytesOf, cutAt, EngineStream, latin1 } from './engine-run.ts';

/** The options of the contract's engines, where a test does not say otherwise. */
export const CONTRACT_OPTIONS: EngineOptions = {
  lineBytesMax: 4096,
  chunkBytesMax: 65_536,
  maxSeries: 100_000,
  levels: MEDIUM,
  validateOrder: false,
  orderFutureMaxSec: FUTURE_MAX_SEC,
};

/** Makes an engine that resolves by the table of the cases. */
export type Make = (options?: Partial<EngineOptions>) => Promise<Engine>;

/** Registers the tests of the longest line, the fullest chunk and the widest output. */
export function engineBounds(make: Make): void {
  const { chunkBytesMax, lineBytesMax } = CONTRACT_OPTIONS;

  it('takes lines up to the longest, whatever part of them is carried', async () => {
    const stream = new EngineStream(await make());
    const long = [
      `${'k'.repeat(lineBytesMax - 4)} 1 2`,
      `k ${'1'.repeat(300)}.${'1'.repeat(lineBytesMax - 305)} 2`,
      `k 1 ${'0'.repeat(lineBytesMax - 5)}2`,
      `${' '.repeat(lineBytesMax - 5)}k 1 2`,
      `k${'\u00a0'.repeat((lineBytesMax - 4) / 2)}1 2`,
      '\xff'.repeat(lineBytesMax),
      ' '.repeat(lineBytesMax),
    ].map((text, i) => (i === 4 ? Buffer.from(text).toString('latin1') : text));
    for (const text of long) {
      const input = bytesOf(`${text}\n`);
      const want = stream.runAll([input], NOW_SEC);
      assert.equal(want.received, 1);
      for (const at of [1, 2, 5, 63, 64, 65, lineBytesMax - 1, lineBytesMax, lineBytesMax + 1]) {
        assert.deepEqual(stream.runAll(cutAt(input, [at]), NOW_SEC), want, `${text.slice(0, 20)}, at ${at}`);
      }
    }
  });

  it('refuses a line over the bound with its first 256 bytes, and takes its neighbours', async () => {
    const engine = await make();
    const long = `${'k'.repeat(lineBytesMax - 3)} 1 2`;
    for (const at of [0, 10, lineBytesMax]) {
      const told = new EngineStream(engine).runAll(cutAt(bytesOf(`a 1 1\n${long}\nb 1 1\n`), [at]), NOW_SEC);
      assert.deepEqual([told.received, told.invalid, told.out], [3, 1, { 0: 'a 1 1\nb 1 1\n' }]);
      assert.deepEqual(told.rejects, [['invalid', 'line is too long', 'k'.repeat(256)]]);
    }
  });

  it('takes a full chunk of the shortest lines of every kind, with a full carry', async () => {
    const engine = await make({ levels: NONE });
    for (const kind of SHORT_LINES) {
      const chunk = bytesOf(fill(kind));
      const { received, rejects, invalid } = new EngineStream(engine).run(chunk, NOW_SEC);
      assert.equal(received, chunk.length / kind.length, JSON.stringify(kind));
      assert.equal(rejects.length, Math.min(invalid, REJECT_SAMPLES_MAX), JSON.stringify(kind));
      const carried = new EngineStream(engine);
      carried.run(bytesOf('c'.repeat(lineBytesMax)), NOW_SEC);
      const full = bytesOf(`\n${fill(kind)}`).subarray(0, chunkBytesMax);
      assert.ok(carried.run(full, NOW_SEC).invalid >= 1, JSON.stringify(kind));
    }
  });

  it('leaves a chunk without a newline alone', async () => {
    const engine = await make();
    const outcome = engine.run(
      bytesOf('a'.repeat(lineBytesMax)),
      bytesOf('a 1 '.repeat(chunkBytesMax / 4)),
      NOW_SEC,
    );
    assert.deepEqual([outcome.tail, outcome.received, outcome.emits.length], [chunkBytesMax, 0, 0]);
  });

  outputBounds(make);
}

function outputBounds(make: Make): void {
  const { chunkBytesMax } = CONTRACT_OPTIONS;

  it('takes full chunks of new keys, refused keys among them', async () => {
    const engine = await make({ validateOrder: true });
    const stream = new EngineStream(engine);
    for (let round = 0; round < 4; round++) {
      let input = '';
      let good = '';
      for (let i = 0; input.length < chunkBytesMax - 20; i++) {
        const line = `${i % 3 === 0 ? '.' : ''}${round}k${i}${i % 5 === 0 ? ';' : ''} 1 1\n`;
        input += line;
        if (i % 5 !== 0) good += line;
      }
      const told = stream.run(bytesOf(input), NOW_SEC);
      assert.equal(told.out[0], good);
      assert.equal(told.rejects.length, REJECT_SAMPLES_MAX);
    }
  });

  it('grows its output where each line leaves five times under a longer key', async () => {
    const engine = await make({ lineBytesMax: 256 });
    const key = 'r'.repeat(256);
    engine.setResolve(() => ({ kind: 'route', outputs: [4, 3, 2, 1, 0], key: Buffer.from(key) }));
    const told = new EngineStream(engine).run(bytesOf(fill('a 1 1\n')), NOW_SEC);
    const want = `${key} 1 1\n`.repeat(told.received);
    for (let output = 0; output < 5; output++) assert.ok(told.out[output] === want, `output ${output}`);
  });

  it('refuses a plan whose rewritten key is longer than a line may be', async () => {
    const engine = await make({ lineBytesMax: 64 });
    engine.setResolve(() => ({ kind: 'route', outputs: [0], key: Buffer.from('r'.repeat(65)) }));
    const { rejects } = new EngineStream(engine).run(bytesOf('a 1 1\n'), NOW_SEC);
    assert.deepEqual(rejects, [['invalid', 'rewritten key is too long', 'a 1 1']]);
  });

  it('serves many outputs at once', async () => {
    const engine = await make();
    engine.setResolve((key) => ({ kind: 'route', outputs: [Number(latin1(key)), 3000] }));
    const input = Array.from({ length: 2000 }, (_, i) => `${i} 1 1\n`);
    const told = new EngineStream(engine).run(bytesOf(input.join('')), NOW_SEC);
    assert.deepEqual(told.out, { ...Object.fromEntries(input.entries()), 3000: input.join('') });
  });
}

/** Lines that make the most of one thing in a chunk: lines, records, odd lines, rejects, rewritten bytes. */
const SHORT_LINES: readonly string[] = [
  ['\n', '\r\n', ' \n', '\xff\n', 'a\n', '\xc2\xa0\n', 'a x 1\n'],
  ['a 1 1\n', '\xff 1 1\n', 'a\t1 1\n', 'a\xc2\xa01 1\n', 'a 0x1p0 1\n', 'a  1  1\n'],
  ['blocked 1 1\n', 'three 1 1\n'],
].flat();

/** As many copies of a line as a chunk holds. */
function fill(line: string): string {
  return line.repeat(Math.floor(CONTRACT_OPTIONS.chunkBytesMax / line.length));
}
