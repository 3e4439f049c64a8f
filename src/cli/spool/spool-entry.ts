// What a spool folder holds, under the names that a user gives: our spools by destination key or folder name,
// carbon-relay-ng's queues as `crng:KEY`.
import { type CrngQueue, listCrngQueues } from '../../destination/spool/crng-disk-queue.ts';
import { listSpools, type SpoolView } from '../../destination/spool/inspect-spool.ts';
import type { SpoolFiles } from '../../destination/spool/spool-files.ts';
import { CommandError } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';

export type SpoolEntry =
  | { readonly kind: 'sluice'; readonly name: string; readonly key: string; readonly view: SpoolView }
  | { readonly kind: 'crng'; readonly name: string; readonly key: string; readonly queue: CrngQueue };

/** Lists our spools, then carbon-relay-ng's queues. */
export async function listEntries(root: string, files: SpoolFiles): Promise<SpoolEntry[]> {
  try {
    const views = await listSpools(root, files);
    const queues = await listCrngQueues(root);
    return [
      ...views.map((view) => ({ kind: 'sluice' as const, name: view.folderName, key: view.key, view })),
      ...queues.map((queue) => ({
        kind: 'crng' as const,
        name: `crng:${queue.name}`,
        key: queue.name,
        queue,
      })),
    ];
  } catch (error) {
    throw new CommandError(`cannot read ${root}: ${describeSystemError(error)}`);
  }
}

/** Selects by names, each of which must be there; a key stands for all of its own shards, not for crng's queue. */
export function selectEntries(
  entries: readonly SpoolEntry[],
  names: readonly string[],
  root: string,
): readonly SpoolEntry[] {
  const selected = new Set<SpoolEntry>();
  for (const name of names) {
    const found = entries.filter(
      (entry) => entry.name === name || (entry.kind === 'sluice' && entry.key === name),
    );
    if (found.length === 0) {
      const isCrng = entries.some((entry) => entry.kind === 'crng' && entry.key === name);
      const hint = isCrng ? `; carbon-relay-ng's queue is "crng:${name}"` : '';
      throw new CommandError(`no spool "${name}" in ${root}${hint}`);
    }
    for (const entry of found) selected.add(entry);
  }
  return [...selected];
}
