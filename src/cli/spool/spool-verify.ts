// `sluice spool verify`: reads every record and says what is damaged.
import { CrngQueueReader } from '../../destination/spool/crng-queue-reader.ts';
import { SpoolWalk } from '../../destination/spool/inspect-spool.ts';
import type { SpoolFiles } from '../../destination/spool/spool-files.ts';
import { Progress, type ProgressWorld } from '../progress.ts';
import { renderBytes } from '../render-amount.ts';
import type { SpoolEntry } from './spool-entry.ts';
import { renderCount } from '../../util/render-count.ts';

/** What verifying found, also as JSON. Of crng's files a record is a line, and only what waits is read. */
export interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly records: number;
  readonly lines: number;
  readonly bytes: number;
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  /** The unfinished record that a crash leaves at the end: no damage. */
  readonly tornBytes: number;
  readonly notes: readonly string[];
}

/** Verifies an entry. */
export async function verifyEntry(
  entry: SpoolEntry,
  files: SpoolFiles,
  world: ProgressWorld,
): Promise<Verdict> {
  const progress = new Progress(`verifying ${entry.name}`, world);
  try {
    return entry.kind === 'sluice'
      ? await verifySpool(entry, files, progress)
      : await verifyCrng(entry, progress);
  } finally {
    progress.end();
  }
}

async function verifySpool(
  { name, view }: Extract<SpoolEntry, { kind: 'sluice' }>,
  files: SpoolFiles,
  progress: Progress,
): Promise<Verdict> {
  const totalBytes = view.segments.reduce((sum, segment) => sum + segment.fileBytes, 0);
  const walk = new SpoolWalk({ segments: view.segments, fromStart: true }, files);
  const count = { records: 0, lines: 0, bytes: 0, damagedPlaces: 0, damagedBytes: 0, tornBytes: 0 };
  for (let found = await walk.next(); found !== undefined; found = await walk.next()) {
    progress.update(walk.doneBytes, totalBytes, count.lines);
    if (found.kind === 'record') {
      count.records += 1;
      count.lines += found.lines;
      count.bytes += found.bytes.length;
    } else {
      count.damagedPlaces += 1;
      count.damagedBytes += found.end - found.start;
    }
  }
  for (const [index, { tornBytes }] of view.segments.entries()) {
    if (tornBytes === 0) continue;
    // Only what was written last can have been cut off.
    if (index === view.segments.length - 1) count.tornBytes += tornBytes;
    else {
      count.damagedPlaces += 1;
      count.damagedBytes += tornBytes;
    }
  }
  const ok = count.damagedPlaces === 0 && walk.notes.length === 0 && !view.hasUnreadable;
  return { name, ok, ...count, notes: [...view.notes, ...walk.notes] };
}

async function verifyCrng(
  { name, queue }: Extract<SpoolEntry, { kind: 'crng' }>,
  progress: Progress,
): Promise<Verdict> {
  const reader = new CrngQueueReader({ queue });
  const { report, totalBytes } = reader;
  while ((await reader.read()) !== undefined) progress.update(report.doneBytes, totalBytes, report.lines);
  await reader.close();
  const { lines, bytes, damagedPlaces, damagedBytes } = report;
  const isWhole = queue.meta !== undefined || queue.files.length === 0;
  const ok = damagedPlaces === 0 && report.notes.length === 0 && isWhole;
  const notes = [...queue.notes, ...report.notes];
  return { name, ok, records: lines, lines, bytes, damagedPlaces, damagedBytes, tornBytes: 0, notes };
}

/** Renders a verdict. */
export function renderVerdict(verdict: Verdict): string {
  const { name, ok, records, lines, bytes, damagedPlaces, damagedBytes, tornBytes } = verdict;
  const parts = [
    `${name}: ${ok ? 'ok' : 'DAMAGED'}`,
    `${renderCount(records)} records`,
    `${renderCount(lines)} lines`,
    renderBytes(bytes),
  ];
  if (damagedPlaces > 0) parts.push(`${damagedPlaces} damaged places of ${renderCount(damagedBytes)} bytes`);
  if (tornBytes > 0) parts.push(`an unfinished record of ${renderCount(tornBytes)} bytes at the end`);
  return `${parts.join(', ')}\n${verdict.notes.map((note) => `  ${note}\n`).join('')}`;
}
