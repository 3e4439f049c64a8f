// Compiles the modules in AssemblyScript (tools/wasm-modules.ts), each written whole or not at all.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WASM_MODULES } from './wasm-modules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = `${ROOT}node_modules/assemblyscript/bin/asc.js`;

const OPTIONS = [
  ['--runtime', 'stub'],
  ['--enable', 'simd'],
  ['--optimizeLevel', '3'],
  ['--shrinkLevel', '0'],
  ['--noAssert'],
  ['--use', 'abort='],
  ['--maximumMemory', '65536'],
].flat();

function compile(folder: string, built: string): boolean {
  const fresh = `${built}.${process.pid}`;
  const args = [COMPILER, `${folder}index.ts`, '--outFile', fresh, ...OPTIONS];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) renameSync(ROOT + fresh, ROOT + built);
  else rmSync(ROOT + fresh, { force: true });
  return status === 0;
}

mkdirSync(`${ROOT}build`, { recursive: true });
for (const { folder, built } of WASM_MODULES) if (!compile(folder, built)) process.exitCode = 1;
