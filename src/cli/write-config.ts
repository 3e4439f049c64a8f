// Writes a table into the files of a config. A file is replaced whole, by renaming one that is on disk: whoever reads it
// at any moment, after a power cut too, finds the text of before or that of after.
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Flags } from '../config/overrides.ts';
import { BESIDE_MARK } from '../config/write/whole-text.ts';
import { rewriteConfig } from '../config/write/rewrite-config.ts';
import { parseDestination } from '../destination/parse-destination.ts';
import { renderDestination } from '../destination/render-destination.ts';
import type { WriteOutcome } from '../relay/change/write-back.ts';
import type { TableOptions } from '../table/options.ts';
import { type ConfigWorld, configSources } from './read-config.ts';

/** The file beside a config that cannot be changed in place. */
const BESIDE = '.sluice';

/** Writes a table to the files that `digest` tells of, or, where it cannot, to one beside; throws one line. */
export function writeConfig(
  file: string,
  flags: Flags,
  world: ConfigWorld,
  table: TableOptions,
  digest: string,
): WriteOutcome {
  const sources = configSources(file, flags, world);
  const rewrite = rewriteConfig(sources, table, digest, { parseDestination, renderDestination });
  switch (rewrite.kind) {
    case 'none':
      return rewrite;
    case 'beside':
      replaceFiles(new Map([[file + BESIDE, rewrite.text]]));
      return { kind: 'beside', file: file + BESIDE, why: rewrite.why };
    case 'inPlace':
      replaceFiles(rewrite.texts);
      dropStale(file + BESIDE);
      return { kind: 'inPlace', files: [...rewrite.texts.keys()], digest: rewrite.digest };
  }
}

/** Replaces files; all are on disk beside the old ones before the first takes its place. */
function replaceFiles(texts: ReadonlyMap<string, string>): void {
  const made: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const [file, text] of texts) made.push(writeBeside(file, text));
    for (const { from, to } of made) renameSync(from, to);
  } catch (error) {
    for (const { from } of made) rmSync(from, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`cannot write ${[...texts.keys()].join(', ')}: ${code ?? message}`, { cause: error });
  }
  for (const folder of new Set(made.map(({ to }) => dirname(to)))) syncPath(folder);
}

/** Writes and syncs a file beside the one that it will replace, with its rights; a link is followed. */
function writeBeside(file: string, text: string): { readonly from: string; readonly to: string } {
  const to = existsSync(file) ? realpathSync(file) : file;
  const from = join(dirname(to), `.${basename(to)}.${process.pid}.tmp`);
  try {
    writeFileSync(from, text, { flush: true });
    if (existsSync(to)) {
      const { mode, uid, gid } = statSync(to);
      chmodSync(from, mode);
      // Only root may give a file away; whoever else writes it owns it.
      if (process.getuid?.() === 0) chownSync(from, uid, gid);
    }
    syncPath(from);
  } catch (error) {
    rmSync(from, { force: true });
    throw error;
  }
  return { from, to };
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The config says it all again: what was written beside it is out of date. */
function dropStale(file: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8').startsWith(BESIDE_MARK)) rmSync(file);
}
