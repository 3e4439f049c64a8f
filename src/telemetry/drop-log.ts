// Says in the log what is dropped: a line for each destination and reason soon after it begins, then one in ten seconds
// that says how many went since. Never a line per drop: the books are looked at once a second, and only a few keys are kept.
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { renderCount } from '../util/render-count.ts';
import { DROP_REASONS, type DropCounts, type DropReason, makeDropCounts } from './drop-reason.ts';

/** How often the books are looked at, and how often the same is said again, ms. */
const LOOK_MS = 1000;
const REPEAT_MS = 10_000;
/** Lines in one look; what else was dropped is one more line. */
const LINES_MAX = 10;
/** Keys shown in a line, bytes shown of a key, and places of which keys are kept between two looks. */
const KEYS_MAX = 3;
const KEY_BYTES_MAX = 200;
const PLACES_MAX = 1000;
/** What somebody asked to be dropped is no news. */
const EXPECTED: ReadonlySet<DropReason> = new Set(['blocklisted', 'purged']);

/** Books that drops are read from. Books are told apart by the object `dropped`. */
export interface DropRow {
  /** Of a destination; empty for what is dropped before one. */
  readonly key: string;
  readonly addr: string;
  readonly dropped: Readonly<DropCounts>;
}

export interface DropLogDependencies {
  readonly rows: () => Iterable<DropRow>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Said {
  readonly counts: DropCounts;
  readonly atMs: Partial<Record<DropReason, number>>;
}

interface News {
  readonly row: DropRow;
  readonly reason: DropReason;
  readonly lines: number;
  /** Since it was last said; undefined the first time. */
  readonly sinceMs: number | undefined;
}

export class DropLog {
  readonly #deps: DropLogDependencies;
  readonly #said = new WeakMap<Readonly<DropCounts>, Said>();
  readonly #keys = new Map<string, string[]>();
  #cancel: (() => void) | undefined;

  constructor(dependencies: DropLogDependencies) {
    this.#deps = dependencies;
  }

  /** Keeps the key of the first of some lines that are dropped, if few were kept; `addr` as in the row of its books. */
  note(reason: DropReason, lines: Uint8Array, addr: string): void {
    const place = placeOf(reason, addr);
    let keys = this.#keys.get(place);
    if (keys === undefined) {
      if (this.#keys.size >= PLACES_MAX) return;
      this.#keys.set(place, (keys = []));
    }
    if (keys.length >= KEYS_MAX) return;
    const key = readKey(lines);
    if (!keys.includes(key)) keys.push(key);
  }

  /** Looks at the books from now on, until `stop`. */
  start(): void {
    this.#cancel = this.#deps.clock.after(LOOK_MS, () => {
      this.#look(REPEAT_MS);
      this.start();
    });
  }

  /** Says what is left to be said, and ends. */
  stop(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#look(0);
  }

  /** Says what is left to be said of books that are closed. */
  closed(row: DropRow): void {
    this.#look(0, [row]);
  }

  #look(repeatMs: number, rows: Iterable<DropRow> = this.#deps.rows()): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const news = [...this.#news(rows, nowMs, repeatMs)].toSorted((a, b) => b.lines - a.lines);
    for (const item of news.slice(0, LINES_MAX)) this.#deps.log.warn(this.#render(item));
    const rest = news.slice(LINES_MAX);
    if (rest.length > 0) {
      const lines = rest.reduce((sum, item) => sum + item.lines, 0);
      this.#deps.log.warn(`dropped ${renderCount(lines)} more metrics in ${rest.length} other places`);
    }
  }

  *#news(rows: Iterable<DropRow>, nowMs: number, repeatMs: number): Iterable<News> {
    for (const row of rows) {
      const said = this.#saidOf(row.dropped);
      for (const reason of DROP_REASONS) {
        const lines = row.dropped[reason] - said.counts[reason];
        if (lines <= 0 || EXPECTED.has(reason)) continue;
        const atMs = said.atMs[reason];
        const sinceMs = atMs === undefined ? undefined : nowMs - atMs;
        if (sinceMs !== undefined && sinceMs < repeatMs) continue;
        said.counts[reason] = row.dropped[reason];
        said.atMs[reason] = nowMs;
        yield { row, reason, lines, sinceMs };
      }
    }
  }

  #saidOf(dropped: Readonly<DropCounts>): Said {
    let said = this.#said.get(dropped);
    if (said === undefined) this.#said.set(dropped, (said = { counts: makeDropCounts(), atMs: {} }));
    return said;
  }

  #render({ row, reason, lines, sinceMs }: News): string {
    const place = placeOf(reason, row.addr);
    const keys = this.#keys.get(place) ?? [];
    this.#keys.delete(place);
    const who = row.key === '' ? '' : `dest ${row.key} `;
    const span = sinceMs === undefined || sinceMs < 1000 ? '' : ` in ${Math.round(sinceMs / 1000)} s`;
    const such = keys.length === 0 ? '' : `; some of them: ${keys.join(', ')}`;
    const metrics = lines === 1 ? 'metric' : 'metrics';
    return `${who}dropped ${renderCount(lines)} ${metrics} due to ${reason.replaceAll('_', ' ')}${span}${such}`;
  }
}

function placeOf(reason: DropReason, addr: string): string {
  return `${reason} ${addr}`;
}

/** Reads the key of the first line, made fit for a log. */
function readKey(lines: Uint8Array): string {
  let end = 0;
  while (end < lines.length && end < KEY_BYTES_MAX && (lines[end] ?? 0) > 32) end += 1;
  const key = Buffer.from(lines.buffer, lines.byteOffset, end).toString('utf8');
  return JSON.stringify(end === KEY_BYTES_MAX ? `${key}…` : key).slice(1, -1);
}
