// Makes sure that build/engine.wasm is there and not older than its source, as bin/sluice does.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-files.ts';

const WASM = join(ROOT, 'build/engine.wasm');
const BUILDER = join(ROOT, 'tools/build-engine.ts');

function isStale(): boolean {
  if (!existsSync(WASM)) return true;
  const builtMs = statSync(WASM).mtimeMs;
  const sources = globSync('src/engine/wasm/**/*.ts', { cwd: ROOT });
  return sources.some((file) => statSync(join(ROOT, file)).mtimeMs > builtMs);
}

/** Builds the engine when it is missing or stale, or always with `force`; throws when the build fails. */
export function ensureEngine(force = false): void {
  if (!existsSync(BUILDER) || !(force || isStale())) return;
  const { status } = spawnSync(process.execPath, [BUILDER], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the engine does not build (see above)');
}
