// What the subcommands of `sluice spool` do. Each answers the exit code; what goes wrong is a CommandError.
import { existsSync } from 'node:fs';
import { systemSpoolFiles } from '../../destination/spool/spool-files.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { describeHolder, HeldRoot } from './hold-spool.ts';
import { openEntry } from '../line-source.ts';
import { askRelay } from '../relay-api.ts';
import { renderBytes } from '../render-amount.ts';
import { HeldSource, type HeldSpool, NowhereSink } from './spool-change.ts';
import { listEntries, selectEntries, type SpoolEntry } from './spool-entry.ts';
import { copyLines, CrngQueueSink, type LineSink, PlainFileSink, PrintSink } from './spool-export.ts';
import { describeEntry, printListing, type SpoolListing } from './spool-ls.ts';
import { capOf, findSpoolPlace, type PlaceFlags, type SpoolPlace } from './spool-place.ts';
import { parsePeer, replaySpool } from './spool-replay.ts';
import { complainOfDamage, report } from './spool-report.ts';
import { renderVerdict, verifyEntry } from './spool-verify.ts';
import { renderCount } from '../../util/render-count.ts';

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
    this.#noteMissing(place, flags);
    const rows: SpoolListing[] = [];
    const inUse = (await describeHolder(place.root, this.#world.clock)) !== undefined;
    for (const entry of entries)
      rows.push(await describeEntry(entry, place, inUse && entry.kind === 'sluice'));
    printListing(rows, flags.json === true, this.#world);
    return EXIT.ok;
  }

  async verify(names: readonly string[], flags: WorkFlags): Promise<number> {
    const { place, entries } = await this.#find(flags);
    this.#noteMissing(place, flags);
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
      ...this.#world,
      complain: () => undefined,
    });
    return complainOfDamage(copied, this.#world);
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
    const copied = await copyLines(sources, sink, `exporting ${name}`, this.#world);
    const text = `${renderCount(copied.lines)} lines to ${flags.to}`;
    report(flags, { from: name, to: flags.to, ...copied }, text, this.#world);
    return complainOfDamage(copied, this.#world);
  }

  async replay(
    name: string,
    flags: WorkFlags & { readonly to: string; readonly rate: string },
  ): Promise<number> {
    const peer = parsePeer(flags.to);
    const rate = Number(flags.rate);
    if (!Number.isSafeInteger(rate) || rate < 0) {
      throw new CommandError(`--rate "${flags.rate}": not a count`, EXIT.usage);
    }
    await this.#change([name], flags, async (held) => {
      const sent = await replaySpool(held, { ...peer, rate }, this.#world);
      const text = `${renderCount(sent.lines)} lines (${renderBytes(sent.bytes)}) from ${held.name} to ${flags.to}`;
      report(flags, { name: held.name, to: flags.to, ...sent, lost: held.lost() }, text, this.#world);
    });
    return EXIT.ok;
  }

  async purge(names: readonly string[], flags: WorkFlags & { readonly yes?: true }): Promise<number> {
    if (flags.yes !== true) {
      throw new CommandError('purge drops lines for good; say --yes to do it', EXIT.usage);
    }
    if (flags.url !== undefined) return await this.#purgeLive(names, flags.url, flags);
    await this.#change(names, flags, async (held) => {
      const source = new HeldSource(held);
      // Acknowledged as it goes, so that the files go one by one.
      const sink = new NowhereSink(() => source.acknowledge());
      const copied = await copyLines([source], sink, `purging ${held.name}`, this.#world);
      const purged = copied.lines + held.lost();
      const text = `${held.name}: ${renderCount(purged)} lines purged`;
      report(flags, { name: held.name, purged }, text, this.#world);
    });
    return EXIT.ok;
  }

  /** A folder may not have been made yet; a mistyped one must not look to people like one in which nothing waits. */
  #noteMissing({ root }: SpoolPlace, { json }: WorkFlags): void {
    if (json !== true && !existsSync(root)) this.#world.complain(`there is no folder "${root}"\n`);
  }

  async #find(flags: PlaceFlags): Promise<Found> {
    const place = findSpoolPlace(flags, this.#world);
    return { place, entries: await listEntries(place.root, systemSpoolFiles) };
  }

  /** Does work on spools of ours, one after the other, while nobody else can. */
  async #change(
    names: readonly string[],
    flags: PlaceFlags,
    work: (held: HeldSpool) => Promise<void>,
  ): Promise<void> {
    const { place, entries } = await this.#find(flags);
    const chosen = ownSpools(selectEntries(entries, names, place.root));
    const root = await HeldRoot.take(place.root, { clock: this.#world.clock, files: systemSpoolFiles });
    try {
      for (const { name, key } of chosen) await root.use(name, capOf(place, key), work);
    } finally {
      await root.release();
    }
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
      report(flags, { name: key, purged }, `${key}: ${renderCount(purged)} lines purged`, this.#world);
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
