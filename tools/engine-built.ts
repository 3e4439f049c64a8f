// Makes sure that the modules in AssemblyScript are built and not older than their sources, as bin/sluice does.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-files.ts';
import { WASM_MODULES } from './wasm-modules.ts';

const BUILDER = join(ROOT, 'tools/build-engine.ts');

function isStale(folder: string, built: string): boolean {
  if (!existsSync(join(ROOT, built))) return true;
  const builtMs = statSync(join(ROOT, built)).mtimeMs;
  const sources = globSync(`${folder}**/*.ts`, { cwd: ROOT });
  return sources.some((file) => statSync(join(ROOT, file)).mtimeMs > builtMs);
}

/** Builds the modules when one is missing or stale, or always with `force`; throws when the build fails. */
export function ensureEngine(force = false): void {
  const stale = WASM_MODULES.some(({ folder, built }) => isStale(folder, built));
  if (!existsSync(BUILDER) || !(force || stale)) return;
  const { status } = spawnSync(process.execPath, [BUILDER], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the engine does not build (see above)');
}
