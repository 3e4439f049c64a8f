// What admin and telemetry see of a relay: the rooms' figures, put into rows when asked for.
import type { Destination } from '../destination/destination.ts';
import type { NetworkInput } from '../input/network-input.ts';
import type { DestinationStats, Readiness, RelayView, SpoolFigures } from '../telemetry/relay-view.ts';
import type { Relay } from './relay.ts';
import type { RelayWorld } from './relay-world.ts';

/** The parts that the view reads. */
export interface ViewSources {
  readonly relay: Relay;
  readonly inputs: readonly NetworkInput[];
  readonly draining: () => boolean;
}

/** Makes the view. */
export function makeRelayView(sources: ViewSources, world: Pick<RelayWorld, 'clock' | 'version'>): RelayView {
  const { relay, inputs } = sources;
  return {
    version: world.version,
    instance: relay.config.instance,
    startedMs: world.clock.wallMs(),
    monotonicMs: () => world.clock.monotonicMs(),
    ledger: () => relay.ledger(),
    inputs: () => inputs.flatMap((input) => input.stats),
    destinations: () => {
      const nowMs = world.clock.wallMs();
      return relay.routing.destinations.map((destination) => readDestination(destination, nowMs));
    },
    engine: () => relay.engine.stats(),
    aggregation: () => relay.aggregation.stats,
    traffic: () => relay.traffic.report(),
    recordTraffic: (seconds) =>
      relay.traffic.record(() => new Promise((resolve) => void world.clock.after(seconds * 1000, resolve))),
    ready: () => readReadiness(sources),
    config: () => relay.config.shown,
    configFiles: () => relay.config.files,
  };
}

function readDestination(destination: Destination, nowMs: number): DestinationStats {
  const { stats, senderStats, options } = destination;
  const { connectAttempts, connects } = senderStats;
  return {
    route: destination.routeKey,
    key: destination.key,
    addr: options.addr,
    online: destination.online,
    blocking: destination.blocking,
    queueBytes: destination.queueBytes,
    durable: destination.durable,
    unsyncedLines: destination.unsyncedLines,
    queueBytesMax: options.queueBytes,
    queueLines: destination.counts.queued,
    queueAgeSec: destination.oldestWaitMs / 1000,
    queueBytesHigh: stats.queueBytes,
    queueLinesHigh: stats.queueLines,
    queueLinesMax: destination.linesMax,
    writtenBytes: stats.bytesWritten,
    writes: stats.writes,
    connects,
    connectErrors: connectAttempts - connects - (destination.state === 'connecting' ? 1 : 0),
    disconnects: connects - (destination.online ? 1 : 0),
    timings: stats.timings,
    stalls: stats.stalls,
    stalledSec: stats.stalledMs / 1000,
    stalledNowSec: destination.stalledMs / 1000,
    pauses: stats.pauses,
    spool: readSpool(destination, nowMs),
  };
}

function readSpool({ backlog, stats: figures }: Destination, nowMs: number): SpoolFigures | undefined {
  if (backlog === undefined) return undefined;
  const { state, bytes, diskBytes, oldestMs = nowMs } = backlog.stats;
  return {
    state,
    bytes,
    diskBytes,
    oldestSec: Math.max(0, nowMs - oldestMs) / 1000,
    realTimeLines: figures.spooledRealTime,
    bulkLines: figures.spooledBulk,
    waitingLines: figures.spoolWaitingLines,
    replay: backlog.progress,
  };
}

function readReadiness({ relay, inputs, draining }: ViewSources): Readiness {
  const reasons: string[] = [];
  if (draining()) reasons.push('the relay is shutting down');
  else {
    for (const input of inputs) {
      if (!input.listening) reasons.push(`the listener on ${input.addr} is down`);
    }
  }
  for (const destination of relay.routing.destinations) {
    if (destination.blocking)
      reasons.push(`destination ${destination.key} is full and holds its senders back`);
  }
  return { ready: reasons.length === 0, reasons };
}
