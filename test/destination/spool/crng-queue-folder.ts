// Folders with queues of carbon-relay-ng for tests: from the vectors that its own code wrote, or made by hand.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CrngQueue, listCrngQueues } from '../../../src/destination/spool/crng-disk-queue.ts';
import { CrngQueueReader, type CrngReadReport } from '../../../src/destination/spool/crng-queue-reader.ts';

/** A queue that carbon-relay-ng's code wrote, and what it read from it. */
export interface CrngVector {
  readonly name: string;
  readonly key: string;
  readonly fileBytesMax: number;
  readonly crngReads: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** Reads the vectors. */
export async function readVectors(): Promise<Map<string, CrngVector>> {
  const text = await readFile(new URL('./crng-vectors.json', import.meta.url), 'utf8');
  const { cases } = JSON.parse(text) as { cases: CrngVector[] };
  return new Map(cases.map((vector) => [vector.name, vector]));
}

/** Makes a folder with the files given; it goes when the test ends. */
export async function makeFolder(
  t: TestContext,
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-crng-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** Makes a folder with a vector's files. */
export function unpack(t: TestContext, vector: CrngVector): Promise<string> {
  const files = Object.entries(vector.files).map(
    ([name, text]) => [name, Buffer.from(text, 'base64')] as const,
  );
  return makeFolder(t, Object.fromEntries(files));
}

/** Encodes lines as records. */
export function encodeRecords(lines: readonly string[]): Buffer {
  const parts = lines.flatMap((line) => {
    const header = Buffer.alloc(4);
    header.writeInt32BE(Buffer.byteLength(line));
    return [header, Buffer.from(line)];
  });
  return Buffer.concat(parts);
}

/** The one queue of a folder. */
export async function onlyQueue(folder: string): Promise<CrngQueue> {
  const queues = await listCrngQueues(folder);
  if (queues.length !== 1) throw new Error(`${queues.length} queues`);
  return queues[0]!;
}

/** Reads a queue to its end. */
export async function readAll(
  queue: CrngQueue,
  bad = false,
): Promise<{ readonly lines: string[]; readonly report: CrngReadReport }> {
  const reader = new CrngQueueReader({ queue, bad });
  const lines: string[] = [];
  for (let block = await reader.read(); block !== undefined; block = await reader.read()) {
    const text = block.bytes.toString('utf8').split('\n');
    if (text.pop() !== '' || text.length !== block.lines) throw new Error('a block that is not whole lines');
    lines.push(...text);
  }
  await reader.close();
  return { lines, report: reader.report };
}

/** The lines that the vectors hold: number `from` to number `to`. */
export function vectorLines(from: number, to: number): string[] {
  const lines: string[] = [];
  for (let i = from; i <= to; i++) lines.push(`servers.web${i}.cpu.user ${i * 7}.5 ${1_700_000_000 + i}`);
  return lines;
}
