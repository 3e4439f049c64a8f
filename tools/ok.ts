// `npm run ok`: everything a change must pass, a line a step, the output of a step only when it fails.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureEngine } from './engine-built.ts';
import { ROOT } from './source-files.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Wants the machine for itself. */
  readonly alone?: boolean;
}

const BIN = join(ROOT, 'node_modules/.bin');
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

function nodeStep(name: string, script: string, ...args: readonly string[]): Step {
  return { name, command: process.execPath, args: [...NODE_FLAGS, join(ROOT, script), ...args] };
}

const STEPS: readonly Step[] = [
  { name: 'format', command: join(BIN, 'biome'), args: ['format', '.'] },
  { name: 'lint', command: join(BIN, 'oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: join(BIN, 'tsc'), args: ['--noEmit'] },
  nodeStep('arrows', 'tools/arrows.ts'),
  nodeStep('tidy', 'tools/tidy.ts'),
  { ...nodeStep('tests', 'tools/test.ts'), alone: true },
];

async function runStep({ name, command, args }: Step): Promise<boolean> {
  const startedMs = performance.now();
  // The tools of node_modules/.bin start `node` by its name: let it be the pinned one.
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}` };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (data: Buffer): void => {
    output += data.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.on('error', (error) => {
    output += `${error.message}\n`;
    resolve(false);
  });
  child.on('close', (code) => resolve(code === 0));
  const passed = await promise;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (!passed) process.stdout.write(output);
  return passed;
}

async function main(): Promise<boolean> {
  ensureEngine();
  const names = process.argv.slice(2);
  const steps = STEPS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (steps.length === 0)
    throw new Error(`no such step; there are ${STEPS.map(({ name }) => name).join(', ')}`);
  const together = steps.filter((step) => step.alone !== true);
  const results: boolean[] = [];
  const worker = async (): Promise<void> => {
    for (let step = together.shift(); step !== undefined; step = together.shift()) {
      results.push(await runStep(step));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  for (const step of steps) if (step.alone === true) results.push(await runStep(step));
  return results.every(Boolean);
}

process.exitCode = (await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return false;
}))
  ? 0
  : 1;
