// `npm test`: runs test/**/*.test.ts, without test/system; with --system only those.
//
// Words are file filters (a part of the path), options starting with `-` other than --system are those of `node --test`
// that choose by name: --name=PATTERN. Prints a line a file, failures in full at the end. Nothing to run is a failure.
import { globSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { ensureEngine } from './engine-built.ts';
import { ROOT } from './source-files.ts';

/** Only a file that hangs takes so long, however slow the machine is. */
const FILE_TIMEOUT_MS = 600_000;
const SYSTEM_FILE_TIMEOUT_MS = 1_200_000;
const CONCURRENCY = 2;
const FILE_OUTPUT_BYTES_MAX = 64 << 10;

const RUNNER_DIAGNOSTIC = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

interface Choice {
  readonly system: boolean;
  readonly filters: readonly string[];
  readonly names: readonly string[];
}

function parseArguments(args: readonly string[]): Choice {
  const names: string[] = [];
  const filters: string[] = [];
  for (const arg of args) {
    if (arg.startsWith('--name=')) names.push(arg.slice('--name='.length));
    else if (arg.startsWith('-') && arg !== '--system') throw new Error(`unknown option ${arg}`);
    else if (arg !== '--system') filters.push(arg.replace(/^\.\//, ''));
  }
  return { system: args.includes('--system'), filters, names };
}

function chooseFiles({ system, filters }: Choice): string[] {
  return globSync('test/**/*.test.ts', { cwd: ROOT })
    .filter((file) => file.startsWith('test/system/') === system)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();
}

/** What went by while the tests ran. */
class Tally {
  passed = 0;
  skipped = 0;
  readonly failures: string[] = [];
  readonly #output = new Map<string, string>();

  pass(skipped: boolean): void {
    if (skipped) this.skipped++;
    else this.passed++;
  }

  fail(name: string, file: string | undefined, line: number | undefined, error: unknown): void {
    const place =
      file === undefined ? '' : ` (${relative(ROOT, file)}${line === undefined ? '' : `:${line}`})`;
    this.failures.push(`FAIL ${name}${place}\n${inspect(error, { depth: 6 })}`);
  }

  keepOutput(file: string, text: string): void {
    const kept = this.#output.get(file) ?? '';
    if (kept.length < FILE_OUTPUT_BYTES_MAX) this.#output.set(file, kept + text);
  }

  outputOf(file: string): string {
    return this.#output.get(file) ?? '';
  }
}

function runFiles(files: readonly string[], choice: Choice, tally: Tally): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const paths = files.map((file) => `${ROOT}/${file}`);
  const empty = new Set(choice.names.length > 0 ? [] : paths);
  const stream = run({
    files: paths,
    concurrency: choice.system ? 1 : CONCURRENCY,
    timeout: choice.system ? SYSTEM_FILE_TIMEOUT_MS : FILE_TIMEOUT_MS,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    ...(choice.names.length > 0 ? { testNamePatterns: [...choice.names] } : {}),
  });
  stream.on('test:pass', ({ name, details, skip, todo }) => {
    // A file is a test of its own when it holds none.
    if (details.type === 'suite' || isAbsolute(name)) return;
    tally.pass(skip !== undefined || todo !== undefined);
  });
  stream.on('test:fail', ({ name, file, line, details, todo }) => {
    const { error } = details;
    // A parent of what failed says nothing new.
    if (todo !== undefined || (error as { failureType?: string }).failureType === 'subtestsFailed') return;
    tally.fail(name, file, line, error.cause ?? error);
    // At once as well: whoever ends a run that takes too long learns this much.
    console.log(`     failed: ${name}`);
  });
  const keep = ({ file, message }: { file: string; message: string }): void =>
    tally.keepOutput(file, message);
  stream.on('test:stdout', keep);
  stream.on('test:stderr', keep);
  stream.on('test:diagnostic', ({ message, nesting, file }) => {
    // The runner's own say what the summary says.
    if (nesting > 0 || (file !== undefined && !RUNNER_DIAGNOSTIC.test(message)))
      console.log(`     ${message}`);
  });
  stream.on('test:summary', ({ file, counts, duration_ms: durationMs, success }) => {
    if (file === undefined) return;
    if (counts.tests > 0) empty.delete(file);
    const word = success ? 'ok  ' : 'FAIL';
    console.log(`${word} ${relative(ROOT, file)}: ${counts.tests} tests, ${Math.round(durationMs)} ms`);
    if (!success) process.stdout.write(tally.outputOf(file));
  });
  stream.on('end', () => {
    for (const file of empty)
      tally.fail('holds no test that ran', file, undefined, new Error(tally.outputOf(file)));
    resolve();
  });
  stream.on('error', reject);
  stream.resume();
  return promise;
}

async function main(): Promise<number> {
  const startedMs = performance.now();
  const choice = parseArguments(process.argv.slice(2));
  const files = chooseFiles(choice);
  if (files.length === 0) {
    console.error('no test file matches');
    return 1;
  }
  ensureEngine();
  const tally = new Tally();
  await runFiles(files, choice, tally);
  for (const failure of tally.failures) console.log(`\n${failure}`);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const { passed, skipped, failures } = tally;
  console.log(
    `\n${files.length} files: ${passed} passed, ${failures.length} failed, ${skipped} skipped, ${seconds} s`,
  );
  if (passed + failures.length === 0) console.error('no test ran');
  return failures.length > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
