// One load from its first line to its last: sender, sink, and what is made of what they say.
import type { DelaySummary } from './delay-histogram.ts';
import type { LineCounts } from './line-counter.ts';
import { layOut, type LoadPlan, makeShare, TALLY } from './load-plan.ts';
import { type LoadReport, sendLoad } from './load-thread.ts';
import type { Target } from './outlet.ts';
import type { BenchSink, SinkReport, TimelinePoint } from './sink-thread.ts';

/** Where a load goes and what is expected of it. */
export interface LoadRun {
  readonly plan: LoadPlan;
  readonly target: Target;
  /** Absent: nothing is counted. */
  readonly sink?: BenchSink | undefined;
  /** How often each line is to come. */
  readonly copies: number;
  /** Each port is to get each line once; else copies come by any. */
  readonly byPort: boolean;
  /** How long no line may come before the rest counts as lost. */
  readonly idleMs: number;
  /** How long neither may anything be sent nor come before the load ends, ms; 60 s. */
  readonly stallMs?: number;
  /** Called now and then with the lines sent and come. */
  readonly onProgress?: (sent: number, received: number) => void;
}

/** What came of a load. */
export interface LoadResult extends LineCounts {
  readonly sent: number;
  /** Lines and copies that were to come. */
  readonly expected: number;
  readonly lost: number;
  readonly samples: readonly string[];
  readonly portLines: readonly number[];
  /** From the first line sent to the last one come. */
  readonly seconds: number;
  /** Lines (not copies) a second that came, or were sent where nothing is counted. */
  readonly linesPerSecond: number;
  readonly sentPerSecond: number;
  readonly delay: DelaySummary;
  readonly lateness: DelaySummary;
  readonly brokenConnections: number;
  readonly timeline: readonly TimelinePoint[];
  /** CPU of sender and sink. */
  readonly cpuSeconds: number;
}

const PROGRESS_MS = 100;
/** Neither sent nor received anything for so long: it will never end. */
const STALL_MS = 60_000;

let latestSec = 0;

/** Runs a load. Rejects with one line when the target cannot be reached. */
export async function runLoad(run: LoadRun): Promise<LoadResult> {
  const { plan, sink, copies, byPort } = run;
  // Told apart from the load before by its timestamp.
  latestSec = Math.max(Math.floor(Date.now() / 1000), latestSec + 1);
  const layout = layOut(plan, latestSec, copies);
  const share = makeShare(layout);
  await sink?.open({ layout, share, copies, byPort });
  const cpu = process.cpuUsage();
  const stopped = new AbortController();
  const timer = watch(run, new Float64Array(share.tally), stopped);
  try {
    const sent = await sendLoad({ plan, layout, share, target: run.target }, stopped.signal);
    const came = await sink?.until(sent.passing * copies, run.idleMs);
    const { user, system } = process.cpuUsage(cpu);
    return makeResult(sent, came, copies, (user + system) / 1e6);
  } finally {
    clearInterval(timer);
  }
}

function watch(
  { onProgress, stallMs = STALL_MS }: LoadRun,
  tally: Float64Array,
  stopped: AbortController,
): NodeJS.Timeout {
  let seen = 0;
  let movedMs = performance.now();
  return setInterval(() => {
    const nowMs = performance.now();
    const sent = tally[TALLY.sent] ?? 0;
    const received = tally[TALLY.received] ?? 0;
    onProgress?.(sent, received);
    // Until the first line connections are being made, which ends by itself.
    if (sent + received !== seen || seen === 0) movedMs = nowMs;
    seen = sent + received;
    if (nowMs - movedMs > stallMs) stopped.abort();
  }, PROGRESS_MS);
}

const NOTHING: SinkReport = {
  counts: { accepted: 0, duplicates: 0, reordered: 0, unwanted: 0, renamed: 0, reformatted: 0, foreign: 0 },
  samples: [],
  portLines: [],
  delay: { samples: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 },
  lastMicros: 0,
  timeline: [],
};

function makeResult(
  sent: LoadReport,
  came: SinkReport | undefined,
  copies: number,
  cpuSeconds: number,
): LoadResult {
  const { counts, lastMicros, timeline, ...rest } = came ?? NOTHING;
  const expected = came === undefined ? 0 : sent.passing * copies;
  const sentSeconds = (sent.endMicros - sent.startMicros) / 1e6;
  const seconds = came === undefined ? sentSeconds : Math.max(0, lastMicros - sent.startMicros) / 1e6;
  const sentPerSecond = sent.lines / sentSeconds;
  return {
    sent: sent.lines,
    expected,
    lost: expected - counts.accepted,
    ...counts,
    ...rest,
    seconds,
    linesPerSecond:
      came === undefined ? sentPerSecond : seconds === 0 ? 0 : counts.accepted / copies / seconds,
    sentPerSecond,
    lateness: sent.lateness,
    brokenConnections: sent.brokenConnections,
    cpuSeconds,
    timeline: timeline.map((point) => ({ ...point, ms: point.ms - sent.startMicros / 1000 })),
  };
}
