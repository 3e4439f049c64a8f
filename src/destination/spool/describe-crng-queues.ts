// What carbon-relay-ng left in the spool folder, in sentences for the log of a relay that starts.
import { type CrngQueue, listCrngQueues } from './crng-disk-queue.ts';
import { CrngQueueReader } from './crng-queue-reader.ts';

/** So many bytes are read to count lines; beyond them the count in the meta file is given, so that no start waits. */
const COUNT_BYTES_MAX = 64 * 1024 * 1024;
/** For a guess where there is no meta file. */
const TYPICAL_LINE_BYTES = 60;
/** Queues named in the log; more are summed up. */
const NAMED_MAX = 20;

/** Says for each queue of crng in which lines wait how many, and how to import them. Never rejects; changes nothing. */
export async function describeCrngQueues(folder: string): Promise<string[]> {
  const queues = await listCrngQueues(folder).catch(() => []);
  const waiting = queues.filter((queue) => queue.waitingBytes > 0);
  const lines: string[] = [];
  let bytesLeft = COUNT_BYTES_MAX;
  for (const queue of waiting.slice(0, NAMED_MAX)) {
    const { lines: count, isExact } = await estimateCrngLines(queue, bytesLeft);
    if (isExact) bytesLeft -= queue.waitingBytes;
    if (count === 0) continue;
    lines.push(
      `carbon-relay-ng left ${isExact ? '' : 'about '}${count} lines for "${queue.name}" in ${folder}; they stay there until you run: ` +
        `sluice spool import --spool-dir ${quote(folder)} ${quote(queue.name)}`,
    );
  }
  const more = waiting.length - NAMED_MAX;
  if (more > 0)
    lines.push(`carbon-relay-ng left ${more} more queues in ${folder}; list them with: sluice spool ls`);
  return lines;
}

/** Counts the lines that wait, or says about how many where that would take reading more than `bytesMax`. */
export async function estimateCrngLines(
  queue: CrngQueue,
  bytesMax: number = COUNT_BYTES_MAX,
): Promise<{ readonly lines: number; readonly isExact: boolean }> {
  const { meta, waitingBytes } = queue;
  if (waitingBytes > bytesMax) {
    return { lines: meta?.depth ?? Math.ceil(waitingBytes / TYPICAL_LINE_BYTES), isExact: false };
  }
  const reader = new CrngQueueReader({ queue });
  while ((await reader.read()) !== undefined);
  await reader.close();
  return { lines: reader.report.lines, isExact: true };
}

function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
