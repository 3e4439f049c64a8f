// `npm run build`: makes dist/, all that the package ships: JavaScript and types under dist/src, the modules in dist/build.
// Both lie to each other as src/ and build/ do in a checkout, so that a module finds the engine the same way.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEngine } from './engine-built.ts';
import { ROOT } from './source-files.ts';
import { WASM_MODULES } from './wasm-modules.ts';

const SHEBANG = '#!/usr/bin/env node\n';
const DIST = join(ROOT, 'dist');

function compile(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('src/ does not compile (see above)');
}

function makeCommand(): void {
  const file = join(DIST, 'src/cli/main.js');
  const text = readFileSync(file, 'utf8');
  if (!text.startsWith('#!')) writeFileSync(file, SHEBANG + text);
  chmodSync(file, 0o755);
}

function build(): void {
  ensureEngine(true);
  rmSync(DIST, { recursive: true, force: true });
  compile();
  makeCommand();
  mkdirSync(join(DIST, 'build'), { recursive: true });
  for (const { built } of WASM_MODULES) copyFileSync(join(ROOT, built), join(DIST, built));
}

try {
  build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
