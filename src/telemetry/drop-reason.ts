// The closed list of drop reasons (a surface that stays fixed), and counters by reason.

/** Every way a line can end without having been written or spooled. */
export const DROP_REASONS = [
  'invalid',
  'out_of_order',
  'blocklisted',
  'unroutable',
  'too_old',
  'slow_conn',
  'slow_spool',
  'spool_full',
  'spool_error',
  'conn_down_no_spool',
  'encode_error',
  'rejected',
  'shutdown',
  'spool_damaged',
  'spool_expired',
  'purged',
  'removed',
  'rate_limited',
  'series_limited',
  'input_overflow',
  'truncated',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Lines dropped so far, by reason. */
export type DropCounts = Record<DropReason, number>;

/** Makes counters that all stand at zero. */
export function makeDropCounts(): DropCounts {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as DropCounts;
}

/** Sums all reasons. */
export function totalDropped(counts: DropCounts): number {
  let total = 0;
  for (const reason of DROP_REASONS) total += counts[reason];
  return total;
}
