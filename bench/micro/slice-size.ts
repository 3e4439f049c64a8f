// How large should the pieces be that a chunk is run in? CPU ns a line by size of the piece and number of outputs that
// get lines (SLICE_BYTES and MANY_OUTPUTS of src/relay/dispatcher.ts). `bin/node bench/micro/slice-size.ts`
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';
import { sideBySide } from '../side-by-side.ts';

const CHUNK_BYTES = 256 * 1024;
const LINE = 'servers.host0000.cpu.user.percent.value_xx_yy 12.5 1700000000\n';
const LINES = Math.floor(CHUNK_BYTES / LINE.length);
const CHUNKS = 30;
const NO_CARRY = new Uint8Array(0);

const lines = Array.from({ length: LINES }, (_, i) =>
  LINE.replace('0000', String((i * 4241) % 8000).padStart(4, '0')),
);
const chunk = Buffer.from(lines.join(''));

for (const outputs of [1, 10, 32, 100, 1000]) {
  const ways: Record<string, () => number> = {};
  for (const kib of [64, 16, 32, 128, 256]) {
    const engine = await makeWasmEngine({
      lineBytesMax: 65_534,
      chunkBytesMax: CHUNK_BYTES,
      maxSeries: 1_000_000,
      levels: { legacy: 'medium', m20: 'medium' },
      validateOrder: false,
      orderFutureMaxSec: 86_400,
    });
    let next = 0;
    engine.setResolve(() => ({ kind: 'route', outputs: [next++ % outputs] }));
    // What a queue does with it: a copy and a few numbers.
    const queue = Buffer.alloc(CHUNK_BYTES);
    const sliceBytes = Math.floor((kib * 1024) / LINE.length) * LINE.length;
    ways[`${kib} KiB`] = () => {
      let got = 0;
      for (let turn = 0; turn < CHUNKS; turn++) {
        for (let at = 0; at < chunk.length; at += sliceBytes) {
          const { emits } = engine.run(NO_CARRY, chunk.subarray(at, at + sliceBytes), 1_700_000_000);
          for (const emit of emits) {
            queue.set(emit.bytes, 0);
            got += emit.lines;
          }
        }
      }
      return got;
    };
  }
  sideBySide(`${outputs} outputs, a line`, CHUNKS * LINES, ways);
}
