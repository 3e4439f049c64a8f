// The file of scaling results: each with the commit, machine and date of its run, and its plot beside it.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderScalingPlots } from '../../tools/performance/render-scaling.ts';
import type { Origin } from '../result-file.ts';
import type { ScalingResult } from './curve.ts';

/** A result as it is kept. */
export interface KeptScaling extends ScalingResult {
  readonly origin: Origin;
}

const FILE = 'scaling.json';
const DIGITS = 4;

/** Reads the results in a folder; none is an empty list. */
export function readScaling(folder: string): KeptScaling[] {
  const file = join(folder, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeptScaling[]) : [];
}

/** Puts results into a folder, in place of those of the same names; plots too. */
export function keepScaling(folder: string, results: readonly KeptScaling[]): void {
  mkdirSync(folder, { recursive: true });
  const names = new Set(results.map(({ name }) => name));
  const others = readScaling(folder).filter(({ name }) => !names.has(name));
  const file = join(folder, FILE);
  writeFileSync(`${file}.new`, renderFile([...others, ...results]));
  renameSync(`${file}.new`, file);
  // From the file: what is drawn is what is kept.
  for (const [name, text] of Object.entries(renderScalingPlots(readScaling(folder)))) {
    writeFileSync(join(folder, name), text);
  }
}

/** A point a line, so that a diff shows what changed. */
function renderFile(results: readonly KeptScaling[]): string {
  const text = JSON.stringify(
    results,
    (_key, value: unknown) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value,
    1,
  );
  return `${text.replace(/\{\s+"x": [^{}]*(?:\{[^{}]*\}\s*)?\}/g, (point) => point.replace(/\s+/g, ' '))}\n`;
}
