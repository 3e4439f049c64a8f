// What does it cost to see that the engine's memory has not grown: to ask the module, or `memory.buffer`?
// `bin/node bench/micro/memory-buffer.ts`
import { instantiateEngine, loadEngineModule } from '../../src/engine/wasm-module.ts';
import { sideBySide } from '../side-by-side.ts';

const TIMES = 5_000_000;
const wasm = await instantiateEngine(await loadEngineModule());
const buffer = wasm.memory.buffer;
const pages = wasm.pageCount();

sideBySide('one look', TIMES, {
  'memory.buffer': () => {
    let same = 0;
    for (let i = 0; i < TIMES; i++) if (wasm.memory.buffer === buffer) same++;
    return same;
  },
  'pageCount of the module': () => {
    let same = 0;
    for (let i = 0; i < TIMES; i++) if (wasm.pageCount() === pages) same++;
    return same;
  },
});
