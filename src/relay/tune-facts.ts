// Collects the facts behind `sluice tune` from a running relay.
import type { Destination } from '../destination/destination.ts';
import { DROP_REASONS, type DropCounts } from '../telemetry/drop-reason.ts';
import type { Flow } from '../telemetry/tune/flow-watch.ts';
import {
  type DestinationFacts,
  durationsOf,
  type SpoolFacts,
  type TuneFacts,
} from '../telemetry/tune/tune-facts.ts';
import type { Relay } from './relay.ts';

/** What a spool takes when nothing else is said: `spoolmaxbytes`. */
const SPOOL_CAP_BYTES = 10 * 1024 ** 3;
const LINE_BYTES_GUESS = 60;

export interface TuneSources {
  readonly relay: Relay;
  readonly version: string;
  readonly startedMs: number;
  readonly clock: { wallMs(): number; monotonicMs(): number };
  /** Free bytes of the disk of the spools; undefined where that cannot be told. */
  readonly freeBytes: () => Promise<number | undefined>;
}

/** Reads everything as it is now. */
export async function collectTuneFacts(sources: TuneSources): Promise<TuneFacts> {
  const { relay, version, startedMs, clock } = sources;
  const freeBytes = await sources.freeBytes();
  const nowMs = clock.monotonicMs();
  const { user, system } = process.cpuUsage();
  const boundBytes = relay.queueRoomBytes;
  return {
    version,
    instance: relay.config.instance,
    uptimeSec: (clock.wallMs() - startedMs) / 1000,
    cpuSec: (user + system) / 1e6,
    traffic: relay.traffic.report(),
    destinations: relay.routing.destinations.map((destination) =>
      readDestination(destination, relay.watches.flows.flowOf(destination.counts), {
        nowMs,
        freeBytes,
        boundBytes,
      }),
    ),
  };
}

interface Moment {
  readonly nowMs: number;
  readonly freeBytes: number | undefined;
  /** What one queue may take of the memory of all. */
  readonly boundBytes: number;
}

function readDestination(destination: Destination, flow: Flow, moment: Moment): DestinationFacts {
  const { counts, options, stats, senderStats } = destination;
  const { nowMs } = moment;
  const { connects } = senderStats;
  const ofHour = (name: 'write_lines' | 'write_bytes' | 'stall') => stats.timings[name]?.window('1h', nowMs);
  const lines = ofHour('write_lines');
  const bytes = ofHour('write_bytes');
  const busySec = (stats.timings.write?.window('10s', nowMs).sum ?? 0) / 1e6;
  const stallNowSec = destination.stalledMs / 1000;
  return {
    route: destination.routeKey,
    key: destination.key,
    addr: options.addr,
    online: destination.online,
    durable: destination.durable,
    blocking: destination.blocking,
    whenFull: options.whenFull,
    in: counts.in,
    written: counts.written,
    writes: stats.writes,
    disconnects: connects - (destination.online ? 1 : 0),
    pauses: stats.pauses,
    dropped: nonZero(counts.dropped),
    flow,
    lineBytes: lines?.sum && bytes ? bytes.sum / lines.sum : LINE_BYTES_GUESS,
    linesPerWrite: lines?.mean ?? 0,
    bytesPerWrite: bytes?.mean ?? 0,
    write: durationsOf(stats.timings.write?.window('1h', nowMs)),
    busy10: Math.min(1, (busySec + stallNowSec) / 10),
    stalls: ofHour('stall')?.count ?? 0,
    stallMaxSec: (ofHour('stall')?.max ?? 0) / 1e6,
    stallNowSec,
    queue: {
      lines: counts.queued,
      bytes: destination.queueBytes,
      ageSec: destination.oldestWaitMs / 1000,
      highLines: stats.queueLines?.window('1h', nowMs) ?? 0,
      highBytes: stats.queueBytes?.window('1h', nowMs) ?? 0,
      highBytes60: stats.queueBytes?.window('1m', nowMs) ?? 0,
      maxBytes: Math.min(options.queueBytes, moment.boundBytes),
      maxLines: options.connbuf ?? null,
    },
    spool: readSpool(destination, moment),
  };
}

function readSpool(destination: Destination, { nowMs, freeBytes }: Moment): SpoolFacts | null {
  const { backlog, stats, options, counts } = destination;
  if (backlog === undefined) return null;
  const { state, bytes, diskBytes } = backlog.stats;
  const free = freeBytes ?? Number.MAX_SAFE_INTEGER;
  const cap =
    options.spoolmaxbytes === 0 ? Math.min(SPOOL_CAP_BYTES, (free + diskBytes) / 2) : options.spoolmaxbytes;
  return {
    state,
    lines: counts.spooled,
    bytes,
    diskBytes,
    roomBytes: Math.max(0, Math.min(cap - diskBytes, free)),
    write: durationsOf(stats.timings.spool_write?.window('1h', nowMs)),
    sync: durationsOf(stats.timings.spool_sync?.window('1h', nowMs)),
    replayPerSec: backlog.progress?.rate ?? 0,
  };
}

function nonZero(counts: Readonly<DropCounts>): Partial<DropCounts> {
  const reasons = DROP_REASONS.filter((reason) => counts[reason] !== 0);
  return Object.fromEntries(reasons.map((reason) => [reason, counts[reason]]));
}
