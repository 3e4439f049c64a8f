// The spool files of carbon-relay-ng (crng), found and described; crng-queue-reader.ts and crng-queue-writer.ts use them.
// Nothing here changes a file. Source: grafana/carbon-relay-ng nsqd/diskqueue.go and destination/spool.go.
//
//   spool_dir/
//     spool_<destination key>.diskqueue.meta.dat     "depth\nreadFile,readPos\nwriteFile,writePos\n", text
//     spool_<destination key>.diskqueue.000000.dat   records: length (int32, big endian), line without its newline
//     spool_<destination key>.diskqueue.000001.dat   …
//     spool_<destination key>.diskqueue.000000.dat.bad   a file that crng gave up at its first bad record
//
// A file ends with the record that takes it over `spoolmaxbytesperfile`; the reader goes by the same rule, so that both
// must know the same number. There is no checksum. The meta file is written every `spoolsyncevery` records and every
// `spoolsyncperiod`, also when nothing happens: a fresh one means that crng runs. After a kill it lags: lines behind its
// write position were written, crng does not read them again and writes over them without cutting the file, so that what
// follows may begin in the middle of a record. We call that the tail, and save what can be told apart.
import type { Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A place in a queue. */
export interface CrngPosition {
  readonly file: number;
  readonly offset: number;
}

/** What a meta file says. */
export interface CrngMeta {
  readonly depth: number;
  readonly read: CrngPosition;
  readonly write: CrngPosition;
}

/** A file of records. */
export interface CrngFile {
  readonly path: string;
  readonly number: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A queue as it lies in the folder. Not one byte of its records has been looked at. */
export interface CrngQueue {
  /** The destination key: what stands between `spool_` and `.diskqueue`. */
  readonly name: string;
  readonly folder: string;
  /** undefined: missing or damaged; then everything is taken to wait. */
  readonly meta: CrngMeta | undefined;
  /** Last change of the meta file, ms since 1970; undefined without one. */
  readonly metaModifiedMs: number | undefined;
  /** Files with something to read, in order. */
  readonly files: readonly CrngFile[];
  /** Files that crng set aside. */
  readonly badFiles: readonly CrngFile[];
  /** Bytes of files still to be read, without those set aside. */
  readonly waitingBytes: number;
  /** What is wrong with it, one sentence each. */
  readonly notes: readonly string[];
}

/** A running crng writes its meta file at least this often with any sane `spoolsyncperiod`, ms. */
const META_FRESH_MS = 5000;
/** A meta file has five numbers; what follows them is left from a longer one. */
const META_BYTES_MAX = 256;

const META = /^(\d{1,16})\n(\d{1,16}),(\d{1,16})\n(\d{1,16}),(\d{1,16})\n/;
const FILE_NAME = /^spool_(.+)\.diskqueue\.(meta|\d{6,15})\.dat(\.bad)?$/s;

/** Names the meta file of a queue. */
export function crngMetaName(name: string): string {
  return `spool_${name}.diskqueue.meta.dat`;
}

/** Names a file of records. */
export function crngFileName(name: string, number: number): string {
  return `spool_${name}.diskqueue.${String(number).padStart(6, '0')}.dat`;
}

/** Parses a meta file; undefined when it is not what crng writes. */
export function parseCrngMeta(text: string): CrngMeta | undefined {
  const found = META.exec(text);
  if (found === null) return undefined;
  const [depth, readFile, readOffset, writeFile, writeOffset] = found.slice(1).map(Number);
  const read = { file: readFile!, offset: readOffset! };
  const write = { file: writeFile!, offset: writeOffset! };
  if (![depth!, read.file, read.offset, write.file, write.offset].every(Number.isSafeInteger))
    return undefined;
  return isBefore(write, read) ? undefined : { depth: depth!, read, write };
}

/** Renders a meta file. */
export function renderCrngMeta({ depth, read, write }: CrngMeta): string {
  return `${depth}\n${read.file},${read.offset}\n${write.file},${write.offset}\n`;
}

/** Tells whether a queue looks as if a crng still uses it. */
export function isCrngRunning(queue: CrngQueue, wallMs: number): boolean {
  return queue.metaModifiedMs !== undefined && Math.abs(wallMs - queue.metaModifiedMs) < META_FRESH_MS;
}

/** Lists the queues of a folder, by name; an empty list when there is no such folder. Rejects when it cannot be read. */
export async function listCrngQueues(folder: string): Promise<CrngQueue[]> {
  const found = new Map<string, Found>();
  for (const entry of await readNames(folder)) {
    const [, name, what, bad] = FILE_NAME.exec(entry) ?? [];
    if (name === undefined || what === undefined || (what === 'meta' && bad !== undefined)) continue;
    if (what !== 'meta' && entry !== crngFileName(name, Number(what)) + (bad ?? '')) continue;
    const path = join(folder, entry);
    // Follows links; what is no file (a pipe would hang whoever opens it) is none of crng's.
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    let queue = found.get(name);
    if (queue === undefined) found.set(name, (queue = { files: [], badFiles: [], meta: undefined }));
    if (what === 'meta') {
      queue.meta = { path, stats };
      continue;
    }
    const number = Number(what);
    const file = { path, number, bytes: stats.size, modifiedMs: stats.mtimeMs };
    (bad === undefined ? queue.files : queue.badFiles).push(file);
  }
  const names = [...found.keys()].sort();
  return Promise.all(names.map((name) => describeQueue(folder, name, found.get(name)!)));
}

interface Found {
  readonly files: CrngFile[];
  readonly badFiles: CrngFile[];
  meta: { readonly path: string; readonly stats: Stats } | undefined;
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function describeQueue(folder: string, name: string, found: Found): Promise<CrngQueue> {
  const notes: string[] = [];
  const meta = found.meta === undefined ? undefined : await readMeta(found.meta.path);
  const all = found.files.sort((a, b) => a.number - b.number);
  const badFiles = found.badFiles.sort((a, b) => a.number - b.number);
  if (meta === undefined && all.length > 0) {
    const what = found.meta === undefined ? 'missing' : 'damaged';
    notes.push(
      `the meta file is ${what}: every line there is counts as waiting, some may have been sent before`,
    );
  }
  const files = all.filter((file) => file.number >= (meta?.read.file ?? 0));
  if (meta !== undefined) notes.push(...compareWithFiles(meta, files));
  const oldFiles = all.length - files.length;
  if (oldFiles > 0) notes.push(`${renderFiles(oldFiles)} before the read position: read, not counted`);
  if (badFiles.length > 0)
    notes.push(`${renderFiles(badFiles.length)} set aside by carbon-relay-ng (.bad): not counted`);
  const waitingBytes = files.reduce((sum, file) => sum + Math.max(0, file.bytes - startOf(meta, file)), 0);
  const metaModifiedMs = found.meta?.stats.mtimeMs;
  return { name, folder, meta, metaModifiedMs, files, badFiles, waitingBytes, notes };
}

/** The place in a file from which on lines wait. */
export function startOf(meta: CrngMeta | undefined, file: CrngFile): number {
  return meta?.read.file === file.number ? meta.read.offset : 0;
}

/** Says what the meta file promises and the folder does not hold. */
function compareWithFiles({ read, write }: CrngMeta, files: readonly CrngFile[]): string[] {
  const notes: string[] = [];
  const present = new Map(files.map((file) => [file.number, file]));
  let missing = write.file - read.file - [...present.keys()].filter((number) => number < write.file).length;
  if (write.offset > 0 && !present.has(write.file) && isBefore(read, write)) missing += 1;
  if (missing > 0) notes.push(`${renderFiles(missing)} missing`);
  const last = present.get(write.file);
  if (last !== undefined && last.bytes < write.offset) {
    notes.push(`the last ${write.offset - last.bytes} bytes that the meta file promises are missing`);
  }
  return notes;
}

async function readMeta(path: string): Promise<CrngMeta | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const head = Buffer.alloc(META_BYTES_MAX);
      const { bytesRead } = await handle.read(head, 0, META_BYTES_MAX, 0);
      return parseCrngMeta(head.toString('latin1', 0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

function isBefore(a: CrngPosition, b: CrngPosition): boolean {
  return a.file < b.file || (a.file === b.file && a.offset < b.offset);
}

function renderFiles(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}
