// `sluice spool ls`: each spool and each queue of carbon-relay-ng in a folder, and how much waits in it.
import { estimateCrngLines } from '../../destination/spool/describe-crng-queues.ts';
import type { CommandWorld } from '../command-world.ts';
import { renderAge, renderBytes, renderTable } from '../render-amount.ts';
import type { SpoolEntry } from './spool-entry.ts';
import type { SpoolPlace } from './spool-place.ts';
import { renderCount } from '../../util/render-count.ts';

/** One row, also as JSON. */
export interface SpoolListing {
  readonly kind: 'sluice' | 'crng';
  /** What other commands take. */
  readonly name: string;
  readonly key: string;
  /** What waits; `linesExact` false: as carbon-relay-ng's meta file says. */
  readonly lines: number;
  readonly linesExact: boolean;
  readonly bytes: number;
  readonly diskBytes: number;
  readonly segments: number;
  /** Arrival of the oldest line, ms since 1970; of crng's queues the time of the file that holds it. */
  readonly oldestMs: number | null;
  readonly inUse: boolean;
  /** No destination of the config has this key; null: no config was given. */
  readonly orphan: boolean | null;
  readonly notes: readonly string[];
}

/** Looks at an entry. */
export async function describeEntry(
  entry: SpoolEntry,
  place: SpoolPlace,
  inUse: boolean,
): Promise<SpoolListing> {
  const common = {
    kind: entry.kind,
    name: entry.name,
    key: entry.key,
    inUse,
    orphan: place.destinations === undefined ? null : !place.destinations.has(entry.key),
  };
  if (entry.kind === 'sluice') {
    const { lines, bytes, diskBytes, segments, oldestMs = null, notes } = entry.view;
    return {
      ...common,
      lines,
      linesExact: true,
      bytes,
      diskBytes,
      segments: segments.length,
      oldestMs,
      notes,
    };
  }
  const { queue } = entry;
  const { lines, isExact } = await estimateCrngLines(queue);
  const first = queue.files.find((file) => file.bytes > 0);
  return {
    ...common,
    lines,
    linesExact: isExact,
    bytes: queue.waitingBytes,
    diskBytes: queue.files.reduce((sum, file) => sum + file.bytes, 0),
    segments: queue.files.length,
    oldestMs: lines > 0 && first !== undefined ? first.modifiedMs : null,
    notes: queue.notes,
  };
}

/** Renders the list for people; what is wrong with a spool follows below it. */
export function renderListing(rows: readonly SpoolListing[], wallMs: number): string {
  const cells = rows.map((row) => [
    row.kind === 'sluice' && row.name.endsWith('.0') ? row.key : row.name,
    `${row.linesExact ? '' : '~'}${renderCount(row.lines)}`,
    renderBytes(row.bytes),
    row.oldestMs === null ? '-' : renderAge(wallMs - row.oldestMs),
    renderCount(row.segments),
    renderState(row),
  ]);
  const table = renderTable([['SPOOL', 'LINES', 'BYTES', 'OLDEST', 'FILES', 'STATE'], ...cells], {
    right: [1, 2, 3, 4],
  });
  const notes = rows.flatMap((row) => row.notes.map((note) => `${row.name}: ${note}\n`));
  return table + notes.join('');
}

function renderState(row: SpoolListing): string {
  const words: string[] = [];
  if (row.kind === 'crng') words.push('carbon-relay-ng');
  if (row.inUse) words.push('in use');
  if (row.orphan === true) words.push('orphan');
  return words.length === 0 ? 'idle' : words.join(', ');
}

/** Prints rows as a table or as one JSON object a line. */
export function printListing(rows: readonly SpoolListing[], json: boolean, world: CommandWorld): void {
  if (json) for (const row of rows) world.print(`${JSON.stringify(row)}\n`);
  else world.print(renderListing(rows, world.clock.wallMs()));
}
