// What the subcommands of `sluice spool` do. Each answers the exit code; what goes wrong is a CommandError.
import { type CrngQueue, isCrngRunning } from '../destination/spool/crng-disk-queue.ts';
import { spoolFolderName } from '../destination/spool/folder-name.ts';
import { systemSpoolFiles } from '../destination/spool/spool-files.ts';
import type { CommandWorld } from './command-world.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { holdSpool } from './hold-spool.ts';
import { type LineSource, openEntry, PlainFileSource } from './line-source.ts';
import { askRelay } from './relay-api.ts';
import { renderBytes, renderCount } from './render-amount.ts';
import { ApiSink, HeldSource, type HeldSpool, NowhereSink, setAside, SpoolSink } from './spool-change.ts';
import { listEntries, selectEntries, type SpoolEntry } from './spool-entry.ts';
import {
  type Copied,
  copyLines,
  CrngQueueSink,
  type LineSink,
  PlainFileSink,
  PrintSink,
} from './spool-export.ts';
import { describeEntry, printListing, type SpoolListing } from './spool-ls.ts';
import { findSpoolPlace, type PlaceFlags, type SpoolPlace } from './spool-place.ts';
import { parsePeer, replaySpool } from './spool-replay.ts';
import { renderVerdict, verifyEntry } from './spool-verify.ts';

export interface WorkFlags extends PlaceFlags {
  readonly json?: true;
  readonly url?: string;
}

export interface ExportFlags extends WorkFlags {
  readonly to: string;
  readonly format: string;
  readonly key?: string;
  readonly fileBytes?: string;
}

export interface ImportFlags extends WorkFlags {
  readonly file?: string;
  readonly all?: true;
  readonly into?: string;
  readonly bad?: true;
  readonly keep?: true;
  readonly force?: true;
}

/** carbon-relay-ng's default. */
const CRNG_FILE_BYTES = 200 * 1024 * 1024;

interface Found {
  readonly place: SpoolPlace;
  readonly entries: readonly SpoolEntry[];
}

export class SpoolTool {
  readonly #world: CommandWorld;

  constructor(world: CommandWorld) {
    this.#world = world;
  }

  async list(flags: WorkFlags): Promise<number> {
    if (flags.url !== undefined) return await this.#listLive(flags.url, flags.json === true);
    const { place, entries } = await this.#find(flags);
    const rows: SpoolListing[] = [];
    for (const entry of entries) rows.push(await describeEntry(entry, place, false));
    printListing(rows, flags.json === true, this.#world);
    return EXIT.ok;
  }

  async verify(names: readonly string[], flags: WorkFlags): Promise<number> {
    const { place, entries } = await this.#find(flags);
    const chosen = names.length === 0 ? entries : selectEntries(entries, names, place.root);
    let code: number = EXIT.ok;
    for (const entry of chosen) {
      const verdict = await verifyEntry(entry, systemSpoolFiles, this.#world);
      if (!verdict.ok) code = EXIT.failed;
      this.#world.print(flags.json === true ? `${JSON.stringify(verdict)}\n` : renderVerdict(verdict));
    }
    if (chosen.length === 0 && flags.json !== true) this.#world.print(`no spools in ${place.root}\n`);
    return code;
  }

  async cat(names: readonly string[], flags: WorkFlags): Promise<number> {
    const { place, entries } = await this.#find(flags);
    const sources = selectEntries(entries, names, place.root).map((entry) =>
      openEntry(entry, systemSpoolFiles),
    );
    const sink = new PrintSink(flags.json === true, this.#world);
    // Lines and a progress bar on one terminal would be a mess.
    const copied = await copyLines(sources, sink, 'cat', {
      ...this.#progressWorld(),
      complain: () => undefined,
    });
    return this.#complainOfDamage(copied);
  }

  async export(name: string, flags: ExportFlags): Promise<number> {
    if (flags.format !== 'plain' && flags.format !== 'crng') {
      throw new CommandError(`--format "${flags.format}": plain or crng`, EXIT.usage);
    }
    const { place, entries } = await this.#find(flags);
    const chosen = selectEntries(entries, [name], place.root);
    const sink =
      flags.format === 'plain'
        ? await PlainFileSink.open(flags.to)
        : await openCrngSink(flags, flags.key ?? chosen[0]!.key, place);
    const sources = chosen.map((entry) => openEntry(entry, systemSpoolFiles));
    const copied = await copyLines(sources, sink, `exporting ${name}`, this.#progressWorld());
    this.#report(
      flags,
      { from: name, to: flags.to, ...copied },
      `${renderCount(copied.lines)} lines to ${flags.to}`,
    );
    return this.#complainOfDamage(copied);
  }

  async import(names: readonly string[], flags: ImportFlags): Promise<number> {
    const found = await this.#find(flags);
    const from = chooseSources(found, names, flags);
    let code: number = EXIT.ok;
    if (flags.file !== undefined) code = await this.#importFile(flags.file, found.place, flags);
    for (const entry of from) {
      const into = flags.into ?? entry.key;
      const step =
        entry.kind === 'crng'
          ? await this.#importQueue(entry.queue, into, found.place, flags)
          : await this.#adopt(entry, into, found.place, flags);
      code = Math.max(code, step);
    }
    return code;
  }

  async replay(
    name: string,
    flags: WorkFlags & { readonly to: string; readonly rate: string },
  ): Promise<number> {
    const peer = parsePeer(flags.to);
    const rate = Number(flags.rate);
    if (!Number.isSafeInteger(rate) || rate < 0)
      throw new CommandError(`--rate "${flags.rate}": not a count`, EXIT.usage);
    const { place, entries } = await this.#find(flags);
    for (const entry of ownSpools(selectEntries(entries, [name], place.root))) {
      const held = await this.#hold(place, entry.name, entry.key);
      try {
        const sent = await replaySpool(held, { ...peer, rate }, this.#world);
        const text = `${renderCount(sent.lines)} lines (${renderBytes(sent.bytes)}) from ${entry.name} to ${flags.to}`;
        this.#report(flags, { name: entry.name, to: flags.to, ...sent, lost: held.lost() }, text);
      } finally {
        await held.spool.close();
      }
    }
    return EXIT.ok;
  }

  async purge(names: readonly string[], flags: WorkFlags & { readonly yes?: true }): Promise<number> {
    if (flags.yes !== true)
      throw new CommandError('purge drops lines for good; say --yes to do it', EXIT.usage);
    if (flags.url !== undefined) return await this.#purgeLive(names, flags.url, flags);
    const { place, entries } = await this.#find(flags);
    for (const entry of ownSpools(selectEntries(entries, names, place.root))) {
      const held = await this.#hold(place, entry.name, entry.key);
      const source = new HeldSource(held);
      try {
        // Acknowledged as it goes, so that the files go one by one.
        const sink = new NowhereSink(() => source.acknowledge());
        const copied = await copyLines([source], sink, `purging ${entry.name}`, this.#progressWorld());
        const purged = copied.lines + held.lost();
        this.#report(
          flags,
          { name: entry.name, purged },
          `${entry.name}: ${renderCount(purged)} lines purged`,
        );
      } finally {
        await held.spool.close();
      }
    }
    return EXIT.ok;
  }

  async #find(flags: PlaceFlags): Promise<Found> {
    const place = findSpoolPlace(flags, this.#world);
    return { place, entries: await listEntries(place.root, systemSpoolFiles) };
  }

  /** Opens a spool to change it; `key` is its destination. */
  #hold(place: SpoolPlace, folderName: string, key: string): Promise<HeldSpool> {
    const maxBytes = place.destinations?.get(key)?.spoolBytesMax;
    const files = systemSpoolFiles;
    return holdSpool({ root: place.root, folderName, maxBytes }, { clock: this.#world.clock, files });
  }

  #progressWorld() {
    const { clock, stderrIsTerminal } = this.#world;
    return { clock, stderrIsTerminal, complain: (text: string) => this.#world.complain(text) };
  }

  async #importFile(path: string, place: SpoolPlace, flags: ImportFlags): Promise<number> {
    const into = flags.into;
    if (into === undefined) throw new CommandError('--file needs --into KEY', EXIT.usage);
    this.#checkKey(into, place, flags);
    const source = await PlainFileSource.open(path);
    return await this.#put(path, source, into, place, flags);
  }

  async #importQueue(queue: CrngQueue, into: string, place: SpoolPlace, flags: ImportFlags): Promise<number> {
    const name = `crng:${queue.name}`;
    this.#checkKey(into, place, flags);
    if (flags.force !== true && isCrngRunning(queue, this.#world.clock.wallMs())) {
      const hint = 'stop it and wait 5 s, or say --force';
      throw new CommandError(
        `carbon-relay-ng seems to run: the meta file of "${queue.name}" was just written; ${hint}`,
      );
    }
    const source = openEntry({ kind: 'crng', name, key: queue.name, queue }, systemSpoolFiles, flags.bad);
    const code = await this.#put(name, source, into, place, flags);
    if (flags.keep !== true) await setAside(queue, flags.bad === true);
    return code;
  }

  /** Moves a spool of ours into another. */
  async #adopt(
    entry: Extract<SpoolEntry, { kind: 'sluice' }>,
    into: string,
    place: SpoolPlace,
    flags: ImportFlags,
  ): Promise<number> {
    if (into === entry.key)
      throw new CommandError(`"${entry.name}" is the spool of "${into}" already; give --into`);
    this.#checkKey(into, place, flags);
    const held = await this.#hold(place, entry.name, entry.key);
    const source = new HeldSource(held);
    try {
      const code = await this.#put(entry.name, source, into, place, flags);
      source.acknowledge();
      return code;
    } finally {
      await held.spool.close();
    }
  }

  /** Puts the lines of a source into a spool, here or in a running relay; when it returns, they are on disk. */
  async #put(
    from: string,
    source: LineSource,
    into: string,
    place: SpoolPlace,
    flags: ImportFlags,
  ): Promise<number> {
    const sink: LineSink =
      flags.url === undefined
        ? new SpoolSink(await this.#hold(place, spoolFolderName(into, 0), into))
        : new ApiSink({ base: flags.url, key: into }, { clock: this.#world.clock });
    const copied = await copyLines([source], sink, `importing ${from}`, this.#progressWorld());
    this.#report(
      flags,
      { from, into, ...copied },
      `${renderCount(copied.lines)} lines from ${from} into "${into}"`,
    );
    return this.#complainOfDamage(copied);
  }

  #checkKey(into: string, { destinations }: SpoolPlace, flags: ImportFlags): void {
    if (flags.force === true || destinations === undefined || destinations.has(into)) return;
    const known = [...destinations.keys()].join(', ');
    throw new CommandError(
      `the config has no destination "${into}"; it has ${known}; give --into, or --force`,
    );
  }

  #report(flags: WorkFlags, object: unknown, text: string): void {
    this.#world.print(flags.json === true ? `${JSON.stringify(object)}\n` : `${text}\n`);
  }

  #complainOfDamage({ damagedPlaces, damagedBytes, refusedLines, notes }: Copied): number {
    for (const note of notes) this.#world.complain(`sluice: ${note}\n`);
    if (damagedPlaces > 0) {
      const bytes = damagedBytes > 0 ? ` (${renderCount(damagedBytes)} bytes)` : '';
      this.#world.complain(`sluice: ${damagedPlaces} damaged places${bytes} were left out\n`);
    }
    if (refusedLines > 0) this.#world.complain(`sluice: ${refusedLines} lines do not fit this form\n`);
    return damagedPlaces + refusedLines + notes.length > 0 ? EXIT.failed : EXIT.ok;
  }

  async #listLive(base: string, json: boolean): Promise<number> {
    const answer = await askRelay(base, '/api/spools');
    if (answer.status !== 200 || !Array.isArray(answer.body)) throw new CommandError(answer.error);
    const rows = answer.body.map((row) => readLiveRow(row as Record<string, unknown>));
    if (json) for (const row of answer.body) this.#world.print(`${JSON.stringify(row)}\n`);
    else printListing(rows, false, this.#world);
    return EXIT.ok;
  }

  async #purgeLive(names: readonly string[], base: string, flags: WorkFlags): Promise<number> {
    for (const key of names) {
      const answer = await askRelay(base, `/api/spools/${encodeURIComponent(key)}/purge`, Buffer.alloc(0));
      const purged = Number((answer.body as { lines?: unknown } | undefined)?.lines);
      if (answer.status !== 200) throw new CommandError(answer.error);
      this.#report(flags, { name: key, purged }, `${key}: ${renderCount(purged)} lines purged`);
    }
    return EXIT.ok;
  }
}

async function openCrngSink(
  flags: ExportFlags,
  key: string,
  { destinations }: SpoolPlace,
): Promise<LineSink> {
  const given = flags.fileBytes === undefined ? undefined : Number(flags.fileBytes);
  if (given !== undefined && !(Number.isSafeInteger(given) && given > 0)) {
    throw new CommandError(`--file-bytes "${flags.fileBytes}": not a size in bytes`, EXIT.usage);
  }
  const fileBytesMax = given ?? destinations?.get(key)?.fileBytesMax ?? CRNG_FILE_BYTES;
  return await CrngQueueSink.open(flags.to, key, fileBytesMax);
}

/** Chooses what to import: a bare key is carbon-relay-ng's queue of that key if there is one. */
function chooseSources(
  { place, entries }: Found,
  names: readonly string[],
  flags: ImportFlags,
): readonly SpoolEntry[] {
  const ways = [names.length > 0, flags.all === true, flags.file !== undefined].filter(Boolean).length;
  if (ways !== 1) throw new CommandError('give either QUEUE names, or --all, or --file PATH', EXIT.usage);
  if (flags.file !== undefined) return [];
  if (flags.all === true) {
    return entries.filter((entry) => entry.kind === 'crng' && entry.queue.waitingBytes > 0);
  }
  const crng = new Set(entries.filter((entry) => entry.kind === 'crng').map((entry) => entry.key));
  const full = names.map((name) => (crng.has(name) ? `crng:${name}` : name));
  return selectEntries(entries, full, place.root);
}

function ownSpools(entries: readonly SpoolEntry[]): readonly Extract<SpoolEntry, { kind: 'sluice' }>[] {
  return entries.map((entry) => {
    if (entry.kind === 'sluice') return entry;
    throw new CommandError(
      `${entry.name} is carbon-relay-ng's; import it first, or remove its files by hand`,
    );
  });
}

function readLiveRow(row: Record<string, unknown>): SpoolListing {
  const number = (name: string): number => (typeof row[name] === 'number' ? row[name] : 0);
  const key = typeof row['key'] === 'string' ? row['key'] : '?';
  const error = typeof row['lastError'] === 'string' ? row['lastError'] : '';
  return {
    kind: 'sluice',
    name: key,
    key,
    lines: number('lines'),
    linesExact: true,
    bytes: number('bytes'),
    diskBytes: number('diskBytes'),
    segments: number('segments'),
    oldestMs: typeof row['oldestMs'] === 'number' ? row['oldestMs'] : null,
    inUse: true,
    orphan: false,
    notes: error === '' ? [] : [error],
  };
}
