// Compiles src/engine/wasm (AssemblyScript) to build/engine.wasm; writes it whole or not at all.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(`${root}build`, { recursive: true });
const fresh = `build/engine.${process.pid}.wasm`;
const { error, stderr } = await asc.main(
  [
    'src/engine/wasm/index.ts',
    '--outFile',
    fresh,
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--optimizeLevel',
    '3',
    '--shrinkLevel',
    '0',
    '--noAssert',
    '--use',
    'abort=',
    '--maximumMemory',
    '65536',
    ...process.argv.slice(2),
  ],
  { baseDir: root },
);
if (error) {
  rmSync(root + fresh, { force: true });
  process.stderr.write(`${stderr.toString()}\nbuild-engine: ${error.message}\n`);
  process.exit(1);
}
renameSync(root + fresh, `${root}build/engine.wasm`);
