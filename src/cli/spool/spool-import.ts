// `sluice spool import`: lines from carbon-relay-ng's queues, from another spool or from a plain file into a spool, here or
// in a running relay. A source is touched only after its lines are on disk where they go.
import { type CrngQueue, isCrngRunning } from '../../destination/spool/crng-disk-queue.ts';
import { spoolFolderName } from '../../destination/spool/folder-name.ts';
import { systemSpoolFiles } from '../../destination/spool/spool-files.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { HeldRoot } from './hold-spool.ts';
import { type LineSource, openEntry, PlainFileSource } from '../line-source.ts';
import { ApiSink, HeldSource, setAside, SpoolSink } from './spool-change.ts';
import { listEntries, selectEntries, type SpoolEntry } from './spool-entry.ts';
import { type Copied, copyLines, type LineSink } from './spool-export.ts';
import { capOf, findSpoolPlace, type PlaceFlags, type SpoolPlace } from './spool-place.ts';
import { complainOfDamage, report } from './spool-report.ts';
import { renderCount } from '../../util/render-count.ts';

export interface ImportFlags extends PlaceFlags {
  readonly json?: true;
  readonly url?: string;
  readonly file?: string;
  readonly all?: true;
  readonly into?: string;
  readonly bad?: true;
  readonly keep?: true;
  readonly force?: true;
}

/** Imports; answers the exit code. */
export async function importLines(
  names: readonly string[],
  flags: ImportFlags,
  world: CommandWorld,
): Promise<number> {
  const ways = [names.length > 0, flags.all === true, flags.file !== undefined].filter(Boolean).length;
  if (ways !== 1) throw new CommandError('give either QUEUE names, or --all, or --file PATH', EXIT.usage);
  if (flags.file !== undefined && flags.into === undefined) {
    throw new CommandError('--file needs --into KEY', EXIT.usage);
  }
  const place = findSpoolPlace(flags, world);
  const dependencies = { clock: world.clock, files: systemSpoolFiles };
  // The spools of a running relay are its own; only queues and files can be read then.
  const root = flags.url === undefined ? await HeldRoot.take(place.root, dependencies) : undefined;
  try {
    return await new SpoolImport(flags, place, root, world).run(names);
  } finally {
    await root?.release();
  }
}

class SpoolImport {
  readonly #flags: ImportFlags;
  readonly #place: SpoolPlace;
  /** undefined: everything goes to a running relay. */
  readonly #root: HeldRoot | undefined;
  readonly #world: CommandWorld;

  constructor(flags: ImportFlags, place: SpoolPlace, root: HeldRoot | undefined, world: CommandWorld) {
    this.#flags = flags;
    this.#place = place;
    this.#root = root;
    this.#world = world;
  }

  async run(names: readonly string[]): Promise<number> {
    const { file, into } = this.#flags;
    if (file !== undefined && into !== undefined) {
      this.#checkKey(into);
      return await this.#put(file, await PlainFileSource.open(file), into);
    }
    let code: number = EXIT.ok;
    for (const entry of await this.#choose(names)) {
      const to = into ?? entry.key;
      this.#checkKey(to);
      const step =
        entry.kind === 'crng' ? await this.#importQueue(entry.queue, to) : await this.#adopt(entry, to);
      code = Math.max(code, step);
    }
    return code;
  }

  /** Chooses what to import: a bare key is carbon-relay-ng's queue of that key if there is one. */
  async #choose(names: readonly string[]): Promise<readonly SpoolEntry[]> {
    const entries = await listEntries(this.#place.root, systemSpoolFiles);
    if (this.#flags.all === true) {
      const hasBad = (queue: CrngQueue): boolean => this.#flags.bad === true && queue.badFiles.length > 0;
      return entries.filter(
        (entry) => entry.kind === 'crng' && (entry.queue.waitingBytes > 0 || hasBad(entry.queue)),
      );
    }
    const crng = new Set(entries.filter((entry) => entry.kind === 'crng').map((entry) => entry.key));
    const full = names.map((name) => (crng.has(name) ? `crng:${name}` : name));
    return selectEntries(entries, full, this.#place.root);
  }

  async #importQueue(queue: CrngQueue, into: string): Promise<number> {
    const { force, bad = false, keep } = this.#flags;
    const name = `crng:${queue.name}`;
    if (force !== true && isCrngRunning(queue, this.#world.clock.wallMs())) {
      const why = `the meta file of "${queue.name}" was just written`;
      throw new CommandError(`carbon-relay-ng seems to run: ${why}; stop it and wait 5 s, or say --force`);
    }
    const source = openEntry({ kind: 'crng', name, key: queue.name, queue }, systemSpoolFiles, bad);
    const code = await this.#put(name, source, into);
    if (keep !== true) await setAside(queue, bad);
    return code;
  }

  /** Moves a spool of ours into another. */
  async #adopt({ name, key }: SpoolEntry, into: string): Promise<number> {
    if (into === key) throw new CommandError(`"${name}" is the spool of "${into}" already; give --into`);
    const root = this.#root;
    if (root === undefined)
      throw new CommandError(`"${name}" can be moved only while no relay runs, without --url`);
    return await root.use(name, capOf(this.#place, key), async (held) => {
      const source = new HeldSource(held);
      const code = await this.#put(name, source, into);
      source.acknowledge();
      return code;
    });
  }

  /** Puts the lines of a source into a spool; when it returns, they are on disk. */
  async #put(from: string, source: LineSource, into: string): Promise<number> {
    const copied = await this.#copy(from, source, into);
    const text = `${renderCount(copied.lines)} lines from ${from} into "${into}"`;
    report(this.#flags, { from, into, ...copied }, text, this.#world);
    return complainOfDamage(copied, this.#world);
  }

  async #copy(from: string, source: LineSource, into: string): Promise<Copied> {
    const what = `importing ${from}`;
    const root = this.#root;
    const copyTo = (sink: LineSink): Promise<Copied> => copyLines([source], sink, what, this.#world);
    if (root === undefined) {
      const { url: base = '' } = this.#flags;
      return await copyTo(new ApiSink({ base, key: into }, { clock: this.#world.clock }));
    }
    return await root.use(spoolFolderName(into, 0), capOf(this.#place, into), (held) =>
      copyTo(new SpoolSink(held)),
    );
  }

  #checkKey(into: string): void {
    const { destinations } = this.#place;
    if (this.#flags.force === true || destinations === undefined || destinations.has(into)) return;
    const known = [...destinations.keys()].join(', ');
    throw new CommandError(
      `the config has no destination "${into}"; it has ${known}; give --into, or --force`,
    );
  }
}
