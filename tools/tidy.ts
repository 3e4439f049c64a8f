// Checks what no linter knows: sizes, names, dead files, silenced tests, and traces of one machine. AssemblyScript too.
import { basename } from 'node:path';
import { type Finding, importsOf, listFiles, readSource, report, resolveImport } from './source-files.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;

/** Where the search for dead files starts: the entry points, and what only tests use, with the reason. */
const ROOTS: Readonly<Record<string, string>> = {
  'src/cli/main.ts': 'the command',
  'src/engine/reference.ts':
    'the contract of the engine in plain words; property tests hold the engine against it',
};
// The AssemblyScript compiler starts here.
const WASM_ROOT = /\/wasm\/index\.ts$/;

// Dot files and files whose name a tool or a custom prescribes.
const NAME = /^(\.[\w.-]+|[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*|[A-Z]+(\.md)?)$/;

const FUNCTION_START = [
  /^\s*(export )?(async )?function\b/,
  /^\s*(public |private |protected |static |override |async |get |set |\*)*#?[a-zA-Z_$][\w$]*(<[^>]*>)?\([^;]*$/,
  /\bfunction\b[^;]*\{$/,
  /=>\s*\{$/,
];
const NO_FUNCTION =
  /^\s*(if|for|while|switch|catch|return|do|else|with|describe|suite)\b|\b(describe|suite)\(/;

const MACHINE_PATH = /(^|[^\w.*$}])\/(home|root|Users|work)\/[\w.-]/;
const REGISTRY = /\bregistry\.[\w-]+\.[\w.]+|\b[\w-]+\.pkg\.dev\b|\bartifactory\b/i;
// The rules above in their own words, and the note that files of other users are dropped.
const MAY_NAME_PATTERNS = new Set(['tools/tidy.ts']);

function checkText(file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  if (MAY_NAME_PATTERNS.has(file)) return findings;
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (MACHINE_PATH.test(text)) findings.push({ file, line, message: 'a path of one machine' });
    if (REGISTRY.test(text)) findings.push({ file, line, message: 'the name of a package registry' });
  }
  return findings;
}

/** Relies on the formatter: a function ends at the first line that is only its own indent and a closing brace. */
function checkFunctions(file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (let start = 0; start < lines.length; start++) {
    const text = lines[start] ?? '';
    if (NO_FUNCTION.test(text) || !/[{(]$/.test(text) || !FUNCTION_START.some((form) => form.test(text)))
      continue;
    const indent = text.slice(0, text.length - text.trimStart().length);
    const body = openingLine(lines, start, indent);
    if (body < 0) continue;
    let end = body + 1;
    while (end < lines.length && !(lines[end] ?? '').startsWith(`${indent}}`)) end++;
    const length = end - start + 1;
    if (length > FUNCTION_LINES_MAX) {
      findings.push({
        file,
        line: start + 1,
        message: `a function of ${length} lines (at most ${FUNCTION_LINES_MAX})`,
      });
    }
  }
  return findings;
}

/** The line whose `{` opens the body: this one, or the end of a parameter list over several lines; -1: just a call. */
function openingLine(lines: readonly string[], start: number, indent: string): number {
  if ((lines[start] ?? '').endsWith('{')) return start;
  for (let index = start + 1; index < lines.length; index++) {
    const text = lines[index] ?? '';
    if (text.startsWith(`${indent})`)) return text.endsWith('{') ? index : -1;
    if (text.trim() !== '' && !text.startsWith(`${indent} `)) return -1;
  }
  return -1;
}

const SILENCED = /\b(test|it|describe|suite|t)\.(skip|todo|only)\((.*)|\b(skip|todo|only):([^,}]*)/g;

/** A skipped test carries its reason as a string on the same line (`t.skip('why')`, `skip: 'why'`); `only` never lands. */
function checkSilenced(file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, text] of lines.entries()) {
    for (const [, receiver, method, argument, option, value] of text.matchAll(SILENCED)) {
      const kind = method ?? option ?? '';
      const mayHaveReason = kind !== 'only' && (receiver === undefined || receiver === 't');
      if (mayHaveReason && /['"`]/.test(argument ?? value ?? '')) continue;
      findings.push({ file, line: index + 1, message: `${kind} without a reason` });
    }
  }
  return findings;
}

function checkDead(files: readonly string[]): Finding[] {
  const sources = files.filter((file) => file.startsWith('src/') && file.endsWith('.ts'));
  // While there is no command yet, nothing can be called dead.
  if (!sources.includes('src/cli/main.ts')) return [];
  const alive = new Set(
    sources.filter((file) => file in ROOTS || WASM_ROOT.test(file) || file.endsWith('.d.ts')),
  );
  const pending = [...alive];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const { specifier } of importsOf(readSource(file))) {
      const target = resolveImport(file, specifier);
      if (target === undefined || alive.has(target) || !sources.includes(target)) continue;
      alive.add(target);
      pending.push(target);
    }
  }
  return sources
    .filter((file) => !alive.has(file))
    .map((file) => ({ file, line: 0, message: 'nothing that runs imports this file' }));
}

const BENCH_PATH = /(?<![\w/-])bench\/(?!results\/)[\w/-]+\.(?:ts|py|json)\b/g;

/** A figure in a comment or on a page names the bench that gives it: the bench must be there. */
function checkBenchPaths(file: string, text: string, files: ReadonlySet<string>): Finding[] {
  if (!/^(src|docs|bench|tools)\/|^[A-Z]+\.md$/.test(file)) return [];
  return text.split('\n').flatMap((line, index) => {
    const missing = [...line.matchAll(BENCH_PATH)].filter(([path]) => !files.has(path));
    return missing.map(([path]) => ({ file, line: index + 1, message: `there is no ${path}` }));
  });
}

function checkFile(file: string): Finding[] {
  const findings: Finding[] = [];
  if (!NAME.test(basename(file))) findings.push({ file, line: 0, message: 'name is not kebab-case' });
  const text = readSource(file);
  // Test data may hold anything.
  if (text.includes('\0') || file.startsWith('test/golden/')) return findings;
  const lines = text.split('\n');
  findings.push(...checkText(file, lines));
  if (!/\.(ts|js|mjs)$/.test(file)) return findings;
  const count = lines.length - 1;
  if (count > FILE_LINES_MAX) {
    findings.push({ file, line: 0, message: `${count} lines (at most ${FILE_LINES_MAX})` });
  }
  findings.push(...checkFunctions(file, lines));
  if (file.endsWith('.test.ts')) findings.push(...checkSilenced(file, lines));
  return findings;
}

/** Checks all files of the checkout. */
export function checkTidy(): Finding[] {
  const files = listFiles();
  const known = new Set(files);
  const benches = files
    .filter((file) => /\.(ts|md|py)$/.test(file))
    .flatMap((file) => checkBenchPaths(file, readSource(file), known));
  return [...files.flatMap(checkFile), ...checkDead(files), ...benches];
}

if (import.meta.main) process.exitCode = report(checkTidy());
