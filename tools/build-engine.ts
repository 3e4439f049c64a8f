// Compiles src/engine/wasm (AssemblyScript) to build/engine.wasm; writes it whole or not at all.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = `${ROOT}node_modules/assemblyscript/bin/asc.js`;
const FRESH = `build/engine.${process.pid}.wasm`;

const OPTIONS = [
  ['--outFile', FRESH],
  ['--runtime', 'stub'],
  ['--enable', 'simd'],
  ['--optimizeLevel', '3'],
  ['--shrinkLevel', '0'],
  ['--noAssert'],
  ['--use', 'abort='],
  ['--maximumMemory', '65536'],
].flat();

mkdirSync(`${ROOT}build`, { recursive: true });
const { status } = spawnSync(process.execPath, [COMPILER, 'src/engine/wasm/index.ts', ...OPTIONS], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status === 0) {
  renameSync(ROOT + FRESH, `${ROOT}build/engine.wasm`);
} else {
  rmSync(ROOT + FRESH, { force: true });
  process.exit(1);
}
