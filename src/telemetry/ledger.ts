// The conservation law of the relay in numbers: nothing disappears without a name.
//
//   relay:        loaded + received + generated + copies - consumed = written + queued + spooled + dropped{reason}
//   destination:  loaded + in = written + queued + spooled + dropped{reason}
//   and the sum of all `in` = received + generated + copies - consumed - drops before a destination.
//
// Holds between any two turns of the event loop. Counts are lines. A line changes column only in a completion callback.
import { type DropCounts, DROP_REASONS, makeDropCounts, totalDropped } from './drop-reason.ts';

/** The books of one destination; the destination itself writes them. */
export interface DestinationCounts {
  /** Lines found on disk at start. */
  loaded: number;
  in: number;
  /** Handed to the kernel (or the file, or acknowledged by the far side), once each. */
  written: number;
  /** In memory, in flight to the kernel included. */
  queued: number;
  spooled: number;
  /** Written again after a connection broke; not part of the sum. */
  resent: number;
  readonly dropped: DropCounts;
}

/** Makes the books of a destination that has seen nothing. */
export function makeDestinationCounts(): DestinationCounts {
  return { loaded: 0, in: 0, written: 0, queued: 0, spooled: 0, resent: 0, dropped: makeDropCounts() };
}

/** True when the destination's books balance. */
export function destinationBalanced(c: DestinationCounts): boolean {
  return c.loaded + c.in === c.written + c.queued + c.spooled + totalDropped(c.dropped);
}

/** The books of the relay before the destinations; the dispatcher writes them. */
export interface RelayCounts {
  received: number;
  generated: number;
  /** Sum over lines of max(0, destinations - 1). */
  copies: number;
  /** Lines ended by `dropRaw`. */
  consumed: number;
  /** Drops before a destination. */
  readonly dropped: DropCounts;
}

/** Makes the relay's books. */
export function makeRelayCounts(): RelayCounts {
  return { received: 0, generated: 0, copies: 0, consumed: 0, dropped: makeDropCounts() };
}

/** A destination's row in the ledger. */
export interface DestinationRow extends DestinationCounts {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
}

/** `GET /api/ledger`, a surface that stays fixed. `dropped` sums the relay's and the destinations' drops. */
export interface Ledger {
  readonly loaded: number;
  readonly received: number;
  readonly generated: number;
  readonly copies: number;
  readonly consumed: number;
  readonly dropped: Partial<DropCounts>;
  readonly destinations: readonly LedgerDestination[];
  readonly balanced: boolean;
}

/** A destination as the ledger shows it: only reasons that are not zero. */
export type LedgerDestination = Omit<DestinationRow, 'dropped'> & { readonly dropped: Partial<DropCounts> };

/**
 * Adds the books up. `retired` are the books of destinations that were taken out since the start; they take part in
 * the sums and are shown as one row with the key "removed" when they saw anything.
 */
export function makeLedger(
  relay: RelayCounts,
  rows: readonly DestinationRow[],
  retired: DestinationCounts = makeDestinationCounts(),
): Ledger {
  const all: DestinationRow[] = [...rows];
  if (retired.in + retired.loaded > 0) all.push({ route: '', key: 'removed', addr: '', ...retired });
  const dropped = { ...relay.dropped };
  let loaded = 0;
  let entered = 0;
  let balanced = true;
  for (const row of all) {
    loaded += row.loaded;
    entered += row.in;
    for (const reason of DROP_REASONS) dropped[reason] += row.dropped[reason];
    balanced &&= destinationBalanced(row);
  }
  balanced &&=
    entered ===
    relay.received + relay.generated + relay.copies - relay.consumed - totalDropped(relay.dropped);
  return {
    loaded,
    received: relay.received,
    generated: relay.generated,
    copies: relay.copies,
    consumed: relay.consumed,
    dropped: nonZero(dropped),
    destinations: all.map((row) => ({ ...row, dropped: nonZero(row.dropped) })),
    balanced,
  };
}

function nonZero(counts: DropCounts): Partial<DropCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<DropCounts>;
}
