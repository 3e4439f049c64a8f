// The last bad lines, for `/badMetrics/{timespec}.json`: one record per metric key and reason, the last one seen.
//
// Bounds: records in all (the reason that holds most gives up its oldest, so one reason's flood never pushes out
// another's), bytes kept of a line, and records a second and reason (a relay may see millions of bad lines a second;
// beyond the rate they are only counted, so what is kept may then be up to a tenth of a second old).
// Records are forgotten after `maxAgeMs`; no timer is needed, since each list is ordered by age.
import type { Clock } from '../util/clock.ts';
import { renderRfc3339 } from '../util/render-time.ts';
import { DROP_REASONS, type DropCounts, type DropReason, makeDropCounts } from './drop-reason.ts';

/** A record as crng shows it; the fields after LastSeen are ours. */
export interface BadMetric {
  /** The key as received; empty when the line has no three fields. */
  readonly Metric: string;
  readonly LastMsg: string;
  readonly LastErr: string;
  /** RFC 3339, local time. */
  readonly LastSeen: string;
  readonly Reason: DropReason;
  readonly Sender: string;
  /** Lines recorded under this key and reason since the record was made. */
  readonly Count: number;
}

/** Bounds of the store. */
export interface BadMetricsOptions {
  /** `bad_metrics_max_age`. */
  readonly maxAgeMs: number;
  readonly recordsMax?: number;
  /** Records made or renewed per second and reason; the rest is only counted. */
  readonly recordsPerSecMax?: number;
}

const RECORDS_MAX = 10_000;
const RECORDS_PER_SEC_MAX = 1000;
/** Bytes kept of a line; what is longer ends with an ellipsis. */
const LINE_BYTES_KEPT = 1024;
const RATE_WINDOW_MS = 100;

interface Entry {
  readonly key: string;
  line: string;
  error: string;
  sender: string;
  seenWallMs: number;
  seenMs: number;
  count: number;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** Keeps the last bad lines by key and reason. */
export class BadMetrics {
  #maxAgeMs: number;
  readonly #recordsMax: number;
  readonly #windowMax: number;
  readonly #clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
  readonly #reasons = new Map<DropReason, ReasonRecords>();
  readonly #unrecorded = makeDropCounts();
  #size = 0;

  constructor(
    options: BadMetricsOptions,
    dependencies: { readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'> },
  ) {
    this.#maxAgeMs = options.maxAgeMs;
    this.#recordsMax = options.recordsMax ?? RECORDS_MAX;
    const perSec = options.recordsPerSecMax ?? RECORDS_PER_SEC_MAX;
    this.#windowMax = Math.max(1, Math.floor((perSec * RATE_WINDOW_MS) / 1000));
    this.#clock = dependencies.clock;
  }

  /** Remembers records for another time from now on. */
  setMaxAge(ms: number): void {
    this.#maxAgeMs = ms;
  }

  /** Records now held. */
  get size(): number {
    return this.#size;
  }

  /** Bad lines that were counted but not recorded, by reason. */
  get unrecorded(): Readonly<DropCounts> {
    return this.#unrecorded;
  }

  /** Notes a bad line; `line` is read before this returns. `error` is crng's LastErr, `sender` host:port. */
  record(reason: DropReason, line: Uint8Array, error: string, sender: string): void {
    const nowMs = this.#clock.monotonicMs();
    let records = this.#reasons.get(reason);
    if (records === undefined) {
      records = new ReasonRecords();
      this.#reasons.set(reason, records);
    }
    if (!records.admit(nowMs, this.#windowMax)) {
      this.#unrecorded[reason] += 1;
      return;
    }
    const text = decodeLine(line);
    if (records.note(metricOf(text), text, error, sender, this.#clock.wallMs(), nowMs)) this.#size += 1;
    this.#expire(nowMs);
    if (this.#size > this.#recordsMax) this.#dropOldest();
  }

  /** Counts bad lines of which nothing is known but the reason. */
  countOnly(reason: DropReason, lines: number): void {
    this.#unrecorded[reason] += lines;
  }

  /** Lists what was seen within the last `seenWithinMs`, by Metric; of records with one key the last seen comes last. */
  list(seenWithinMs: number): BadMetric[] {
    const nowMs = this.#clock.monotonicMs();
    this.#expire(nowMs);
    const found: [Entry, DropReason][] = [];
    for (const reason of DROP_REASONS) {
      let entry = this.#reasons.get(reason)?.newest;
      for (; entry !== undefined && nowMs - entry.seenMs < seenWithinMs; entry = entry.older) {
        found.push([entry, reason]);
      }
    }
    found.sort(([a], [b]) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.seenMs - b.seenMs));
    return found.map(([entry, reason]) => ({
      Metric: entry.key,
      LastMsg: entry.line,
      LastErr: entry.error,
      LastSeen: renderRfc3339(entry.seenWallMs),
      Reason: reason,
      Sender: entry.sender,
      Count: entry.count,
    }));
  }

  #expire(nowMs: number): void {
    for (const records of this.#reasons.values()) {
      while (records.oldest !== undefined && nowMs - records.oldest.seenMs >= this.#maxAgeMs) {
        records.dropOldest();
        this.#size -= 1;
      }
    }
  }

  #dropOldest(): void {
    let largest: ReasonRecords | undefined;
    for (const records of this.#reasons.values()) {
      if (largest === undefined || records.size > largest.size) largest = records;
    }
    largest?.dropOldest();
    this.#size -= 1;
  }
}

/** The records of one reason: a map by key, and a list from oldest to newest through the same entries. */
class ReasonRecords {
  readonly #entries = new Map<string, Entry>();
  oldest: Entry | undefined;
  newest: Entry | undefined;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #admitted = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Returns false when this window has had its share of records. */
  admit(nowMs: number, windowMax: number): boolean {
    if (nowMs - this.#windowStartMs >= RATE_WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#admitted = 0;
    }
    this.#admitted += 1;
    return this.#admitted <= windowMax;
  }

  /** Makes or renews the record of `key`; returns true when it is new. */
  note(key: string, line: string, error: string, sender: string, wallMs: number, nowMs: number): boolean {
    let entry = this.#entries.get(key);
    const isNew = entry === undefined;
    if (entry === undefined) {
      entry = {
        key,
        line,
        error,
        sender,
        seenWallMs: 0,
        seenMs: 0,
        count: 0,
        older: undefined,
        newer: undefined,
      };
      this.#entries.set(key, entry);
    } else {
      this.#unlink(entry);
    }
    entry.line = line;
    entry.error = error;
    entry.sender = sender;
    entry.seenWallMs = wallMs;
    entry.seenMs = nowMs;
    entry.count += 1;
    entry.older = this.newest;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
    return isNew;
  }

  dropOldest(): void {
    const entry = this.oldest;
    if (entry === undefined) return;
    this.#unlink(entry);
    this.#entries.delete(entry.key);
  }

  #unlink(entry: Entry): void {
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}

function decodeLine(line: Uint8Array): string {
  const kept = line.length > LINE_BYTES_KEPT ? line.subarray(0, LINE_BYTES_KEPT) : line;
  const text = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString();
  return kept === line ? text : `${text}\u2026`;
}

/** Finds the key, as crng: the first of exactly three fields by white space, else nothing. */
function metricOf(text: string): string {
  const fields = text.trim().split(/\s+/u, 4);
  return fields.length === 3 ? (fields[0] ?? '') : '';
}
