// Where each self-metric of carbon-relay-ng went: its name there, what feeds it here, the native metric, and the alert rule
// that watches it. docs/metrics.md shows it, and a test holds it against what is sent.

/** One name of carbon-relay-ng, or several that differ in one word. */
export interface CrngReference {
  /** Behind service and instance, `=` as it is in the names of its source; `D` is a destination's key. */
  readonly old: string;
  readonly native: string;
  readonly alert?: string;
  /** What differs here; absent: nothing. */
  readonly note?: string;
}

const WRITES = 'of whole writes to the kernel';

export const CRNG_REFERENCE: readonly CrngReference[] = [
  { old: 'mtype=counter.unit=Metric.direction=in', native: 'sluice_received_total' },
  {
    old: 'mtype=counter.unit=Err.type=invalid',
    native: 'sluice_dropped_total{reason="invalid"}',
    alert: 'SluiceInvalidLines',
    note: 'with lines that a broken connection cut off (`truncated`)',
  },
  {
    old: 'mtype=counter.unit=Err.type=out_of_order',
    native: 'sluice_dropped_total{reason="out_of_order"}',
    alert: 'SluiceInvalidLines',
  },
  {
    old: 'mtype=counter.unit=Metric.direction=blocklist',
    native: 'sluice_dropped_total{reason="blocklisted"}',
  },
  {
    old: 'mtype=counter.unit=Metric.direction=unroutable',
    native: 'sluice_dropped_total{reason="unroutable"}',
    alert: 'SluiceUnroutable',
  },
  { old: 'mtype=counter.unit=Metric.direction=in.aggregator=A', native: 'sluice_aggregator_in_total' },
  { old: 'mtype=counter.unit=Metric.direction=out.aggregator=A', native: 'sluice_aggregator_out_total' },
  {
    old: 'mtype=counter.module=aggregator.unit=Metric.what=TooOld',
    native: 'sluice_aggregator_too_old_total',
    alert: 'SluiceAggregatorTooOld',
  },
  {
    old: 'mtype=gauge.unit=aggregator.what=flush_waiting',
    native: 'sluice_aggregator_flush_waiting',
    note: 'rules with windows that are due; under the real instance',
  },
  {
    old: 'mtype=gauge.module=aggregator.unit=s.what=timestamp_received.type=min',
    native: 'sluice_aggregation_received_timestamp_seconds{bound="min"}',
  },
  {
    old: 'mtype=gauge.module=aggregator.unit=s.what=timestamp_received.type=max',
    native: 'sluice_aggregation_received_timestamp_seconds{bound="max"}',
  },
  {
    old: 'mtype=gauge.what=virtual_memory.unit=Byte',
    native: 'process_virtual_memory_bytes',
    note: 'on Linux only',
  },
  { old: 'mtype=gauge.what=memory_allocated.unit=Byte', native: 'nodejs_heap_size_used_bytes' },
  { old: 'mtype=counter.dest=D.unit=Metric.direction=out', native: 'sluice_destination_written_total' },
  {
    old: 'mtype=counter.dest=D.unit=Metric.action=drop.reason=conn_down_no_spool',
    native: 'sluice_destination_dropped_total{reason="conn_down_no_spool"}',
    alert: 'SluiceDestinationDrops',
  },
  {
    old: 'mtype=counter.dest=D.unit=Metric.action=drop.reason=slow_conn',
    native: 'sluice_destination_dropped_total{reason="slow_conn"}',
    alert: 'SluiceDestinationDrops',
  },
  {
    old: 'mtype=counter.dest=D.unit=Metric.action=drop.reason=slow_spool',
    native: 'sluice_destination_dropped_total{reason="slow_spool"}',
    alert: 'SluiceDestinationDrops',
  },
  {
    old: 'mtype=counter.dest=D.unit=Metric.action=drop.reason=bad_pickle',
    native: 'sluice_destination_dropped_total{reason="encode_error"}',
    alert: 'SluiceDestinationDrops',
    note: 'reasons that only this relay has appear once they happen',
  },
  {
    old: 'mtype=counter.dest=D.unit=Err.type=truncated',
    native: 'sluice_destination_disconnects_total',
    note: 'always 0: a line that was cut off is sent again from its start',
  },
  {
    old: 'mtype=counter.dest=D.unit=Err.type=write',
    native: 'sluice_destination_disconnects_total',
    alert: 'SluiceDestinationOffline',
    note: 'connections that broke',
  },
  {
    old: 'mtype=counter.dest=D.unit=Err.type=flush',
    native: 'sluice_destination_disconnects_total',
    note: 'always 0: to write is to flush',
  },
  {
    old: 'mtype=gauge.dest=D.unit=Metric.what=numBuffered',
    native: 'sluice_destination_queued',
    alert: 'SluiceQueueAge',
  },
  {
    old: 'mtype=gauge.dest=D.unit=Metric.what=bufferSize',
    native: 'sluice_destination_queue_max_bytes',
    note: '`connbuf`, or the lines of usual length that `queue_bytes` holds',
  },
  {
    old: 'mtype=gauge.unit=ns.dest=D.what=durationWrite',
    native: 'sluice_destination_write_seconds',
    alert: 'SluiceDestinationStalled',
    note: WRITES,
  },
  {
    old: 'mtype=gauge.unit=ns.dest=D.what=durationFlush.type=ticker',
    native: 'sluice_destination_flush_ticker_seconds',
    note: `${WRITES} that took all that had gathered`,
  },
  {
    old: 'mtype=gauge.unit=ns.dest=D.what=durationFlush.type=overflow',
    native: 'sluice_destination_flush_overflow_seconds',
    note: `${WRITES} that were full and left a rest`,
  },
  {
    old: 'mtype=gauge.unit=ns.dest=D.what=durationFlush.type=manual',
    native: 'sluice_destination_flush_manual_seconds',
    note: `${WRITES} while a destination ends`,
  },
  {
    old: 'mtype=gauge.dest=D.unit=B.what=FlushSize.type=ticker',
    native: 'sluice_destination_flush_ticker_bytes',
  },
  {
    old: 'mtype=gauge.dest=D.unit=B.what=FlushSize.type=manual',
    native: 'sluice_destination_flush_manual_bytes',
  },
  {
    old: 'mtype=gauge.dest=D.unit=B.what=FlushSize.type=overflow',
    native: 'sluice_destination_flush_overflow_bytes',
    note: 'there it was never sent',
  },
  {
    old: 'mtype=counter.spool=D.unit=Metric.status=incomingRT',
    native: 'sluice_spool_lines_total{kind="traffic"}',
    alert: 'SluiceSpoolGrowing',
  },
  {
    old: 'mtype=counter.spool=D.unit=Metric.status=incomingBulk',
    native: 'sluice_spool_lines_total{kind="elsewhere"}',
    note: 'lines put there by `sluice spool` or HTTP; what a broken connection gives back is traffic here',
  },
  { old: 'mtype=gauge.spool=D.unit=Metric.status=buffered', native: 'sluice_spool_waiting_lines' },
  {
    old: 'mtype=gauge.unit=ns.spool=D.operation=write',
    native: 'sluice_destination_spool_write_seconds',
    note: 'of a write of many lines',
  },
  {
    old: 'mtype=gauge.unit=ns.spool=D.operation=buffer',
    native: 'sluice_destination_spool_buffer_seconds',
    note: 'until the lines are in the file',
  },
];
