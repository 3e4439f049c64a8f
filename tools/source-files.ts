// Reads the checkout as its checks see it: files that git knows or would add, and the imports each file makes.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, posix, resolve } from 'node:path';

/** The folder of the checkout. */
export const ROOT: string = resolve(import.meta.dirname, '..');

/** One thing found wrong. */
export interface Finding {
  readonly file: string;
  /** From 1; 0 when it concerns the whole file. */
  readonly line: number;
  readonly message: string;
}

/** One import or re-export statement, or `import()` of a literal. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Lists files that are tracked or would be (ignored ones left out), relative, with `/`, sorted. */
export function listFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const files = new Set(output.split('\0').filter((file) => file !== ''));
  return [...files].filter((file) => existsSync(resolve(ROOT, file))).sort();
}

/** Reads one file of the checkout. */
export function readSource(file: string): string {
  return readFileSync(resolve(ROOT, file), 'utf8');
}

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;
// A worker or a file read beside the source: `new URL('./x.ts', import.meta.url)`.
const URL_REFERENCE = /new URL\(\s*['"](\.[^'"\n]+\.ts)['"]/g;

/** Finds the imports of a source text. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  for (const match of text.matchAll(STATEMENT)) {
    found.push({
      specifier: match[2] ?? '',
      typeOnly: match[1] !== undefined,
      line: lineAt(match.index + match[0].length),
    });
  }
  for (const pattern of [DYNAMIC, URL_REFERENCE]) {
    for (const match of text.matchAll(pattern)) {
      found.push({ specifier: match[1] ?? '', typeOnly: false, line: lineAt(match.index) });
    }
  }
  return found;
}

/** Resolves a relative import of `file` to a path of the checkout; undefined for a package. */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.normalize(posix.join(dirname(file), specifier));
  // AssemblyScript imports carry no ending.
  return path.endsWith('.ts') ? path : `${path}.ts`;
}

/** Prints findings as `file:line: message`; returns the exit code. */
export function report(findings: readonly Finding[]): number {
  for (const { file, line, message } of findings) {
    console.log(line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`);
  }
  return findings.length === 0 ? 0 : 1;
}
