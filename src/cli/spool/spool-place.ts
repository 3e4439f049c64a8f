// Where `sluice spool` works: the spool folder, and what the config knows of the destinations.
import { destinationKey } from '../../destination/destination-key.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError } from '../exit-code.ts';
import { isFatal, readConfig, renderProblems } from '../read-config.ts';

/** What the config says about a destination. */
export interface KnownDestination {
  readonly addr: string;
  /** `spoolmaxbytesperfile`, by which carbon-relay-ng cuts its files. */
  readonly fileBytesMax: number;
  /** `spoolmaxbytes`; undefined: the default cap. */
  readonly spoolBytesMax: number | undefined;
}

export interface SpoolPlace {
  readonly root: string;
  /** By key; undefined when no config was given, so that nothing can be called an orphan. */
  readonly destinations: ReadonlyMap<string, KnownDestination> | undefined;
}

/** The options that say where. */
export interface PlaceFlags {
  readonly config?: string;
  readonly spoolDir?: string;
}

/** Finds the folder: `--spool-dir`, else the config's `spool_dir`, where empty is the current folder as in carbon-relay-ng. */
export function findSpoolPlace(flags: PlaceFlags, world: CommandWorld): SpoolPlace {
  if (flags.config === undefined && flags.spoolDir !== undefined) {
    return { root: flags.spoolDir, destinations: undefined };
  }
  const { config, problems } = readConfig(flags.config, new Map(), world);
  if (config === undefined) {
    const fatal = problems.filter((problem) => isFatal(problem, false));
    throw new CommandError(renderProblems(fatal, false).trimEnd());
  }
  const destinations = new Map<string, KnownDestination>();
  for (const route of config.table.routes) {
    for (const { addr, spoolmaxbytesperfile, spoolmaxbytes } of route.destinations) {
      const spoolBytesMax = spoolmaxbytes === 0 ? undefined : spoolmaxbytes;
      const known = { addr, fileBytesMax: spoolmaxbytesperfile, spoolBytesMax };
      destinations.set(destinationKey(route.key, addr), known);
    }
  }
  return {
    root: flags.spoolDir ?? (config.spoolDir === '' ? '.' : config.spoolDir),
    destinations: flags.config === undefined ? undefined : destinations,
  };
}

/** The cap of a destination's spool; undefined: the default. */
export function capOf({ destinations }: SpoolPlace, key: string): number | undefined {
  return destinations?.get(key)?.spoolBytesMax;
}
