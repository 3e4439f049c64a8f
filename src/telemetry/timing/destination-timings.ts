// What is timed and measured at every destination, one row each: histograms over 10 s, a minute, an hour and all time.
import type { HistogramView } from './histogram.ts';

/** Why a write left, in carbon-relay-ng's words for its flushes. */
export type FlushCause = 'ticker' | 'overflow' | 'manual';

interface Timing {
  readonly name: string;
  /** What the histogram counts in. */
  readonly unit: 'us' | 'bytes' | 'lines';
  readonly help: string;
}

/** In the order they are shown. */
export const DESTINATION_TIMINGS = [
  { name: 'write', unit: 'us', help: 'From handing a write to the kernel until it took it all' },
  { name: 'flush_ticker', unit: 'us', help: 'The same, of writes that took all that had gathered' },
  {
    name: 'flush_overflow',
    unit: 'us',
    help: 'The same, of writes that left a rest for the next, being full',
  },
  { name: 'flush_manual', unit: 'us', help: 'The same, of writes while the destination ends' },
  {
    name: 'stall',
    unit: 'us',
    help: 'Writes that the kernel did not take within 100 ms: the peer did not read',
  },
  { name: 'wait', unit: 'us', help: 'How long the oldest line of a write had been in memory' },
  { name: 'write_lines', unit: 'lines', help: 'Lines in a write' },
  { name: 'write_bytes', unit: 'bytes', help: 'Bytes of a write' },
  { name: 'flush_ticker_bytes', unit: 'bytes', help: 'The same, of writes that took all that had gathered' },
  { name: 'flush_overflow_bytes', unit: 'bytes', help: 'The same, of writes that left a rest, being full' },
  { name: 'flush_manual_bytes', unit: 'bytes', help: 'The same, of writes while the destination ends' },
  { name: 'replay', unit: 'us', help: 'Writes of lines from disk, until the kernel took them' },
  { name: 'spool_buffer', unit: 'us', help: 'From handing lines to the spool until they were in its file' },
  { name: 'spool_write', unit: 'us', help: 'Writes to files of the spool' },
  { name: 'spool_sync', unit: 'us', help: 'Syncs of the spool' },
  { name: 'spool_read', unit: 'us', help: 'Reads from the spool' },
] as const satisfies readonly Timing[];

export type TimingName = (typeof DESTINATION_TIMINGS)[number]['name'];

/** The histograms that hold something; one that is absent never recorded. */
export type DestinationTimings = Readonly<Partial<Record<TimingName, HistogramView | undefined>>>;
