// The sender of a bench: a thread for one load. This file is also what the thread runs.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { DelaySummary } from './delay-histogram.ts';
import { DelayHistogram } from './delay-histogram.ts';
import { LineRenderer } from './line-renderer.ts';
import { type LoadLayout, type LoadPlan, type LoadShare, microsSince, TALLY } from './load-plan.ts';
import { notesSchedule, pacedSchedule } from './load-schedule.ts';
import { openOutlet, type Outlet, type Target } from './outlet.ts';
import { FullSpeed, sendScheduled, type Sending } from './send-load.ts';

/** What to send, and where. */
export interface LoadRequest {
  readonly plan: LoadPlan;
  readonly layout: LoadLayout;
  readonly share: LoadShare;
  readonly target: Target;
}

/** What was sent. */
export interface LoadReport {
  readonly lines: number;
  /** Lines that the relay is not to block. */
  readonly passing: number;
  /** µs since the start of the load: first line handed over, last one taken by the kernel. */
  readonly startMicros: number;
  readonly endMicros: number;
  /** How late the writes of a schedule were. */
  readonly lateness: DelaySummary;
  readonly brokenConnections: number;
}

type Reply = { readonly report: LoadReport } | { readonly error: string };

const CONNECTING_AT_ONCE = 100;

/** Sends a load; rejects with one line when a connection cannot be made. `stopped` ends it early. */
export async function sendLoad(request: LoadRequest, stopped: AbortSignal): Promise<LoadReport> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { thread: 'bench-load', request } });
  const { promise, resolve, reject } = Promise.withResolvers<LoadReport>();
  worker.on('message', (reply: Reply) => {
    if ('report' in reply) resolve(reply.report);
    else reject(new Error(reply.error));
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`the sender's thread ended with ${code}`)));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  const stop = (): void => worker.postMessage('stop');
  stopped.addEventListener('abort', stop);
  try {
    return await promise;
  } finally {
    stopped.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function run({ plan, layout, share, target }: LoadRequest): Promise<LoadReport> {
  const { connections, mode, seed } = plan;
  let isStopped = false;
  const stopped = Promise.withResolvers<void>();
  parentPort?.on('message', () => {
    isStopped = true;
    stopped.resolve();
  });
  const areas = mode.kind === 'full' ? connections : 1;
  const renderer = await LineRenderer.make(layout, share.slots, share.startSec, areas);
  const outlets = await openAll(connections, target, plan);
  const tally = new Float64Array(share.tally);
  const now = (): number => microsSince(share.startSec);
  const sending: Sending = {
    outlets,
    renderer,
    layout,
    sent: () => {
      tally[TALLY.sent] = renderer.lines;
    },
    isStopped: () => isStopped,
    now,
  };
  const startMicros = now();
  let lateness = new DelayHistogram();
  if (mode.kind === 'full') {
    const { lines = Number.MAX_SAFE_INTEGER, seconds = Number.POSITIVE_INFINITY } = mode;
    const sent = new FullSpeed(sending, lines, startMicros + seconds * 1e6).run();
    // A relay that does not read holds every write back.
    await Promise.race([sent, stopped.promise]);
  } else {
    const packets =
      mode.kind === 'paced'
        ? pacedSchedule({ ...mode, linesPerWrite: layout.slotLines }, connections)
        : notesSchedule(mode.seconds, connections, seed);
    lateness = await sendScheduled(sending, packets);
  }
  const finished = Promise.all(outlets.map((outlet) => outlet.finish()));
  await Promise.race([finished, stopped.promise]);
  const endMicros = now();
  const brokenConnections = outlets.filter(({ isBroken }) => isBroken).length;
  await Promise.all(outlets.map((outlet) => outlet.close()));
  const { lines, passing } = renderer;
  return { lines, passing, startMicros, endMicros, lateness: lateness.summary(), brokenConnections };
}

async function openAll(connections: number, target: Target, plan: LoadPlan): Promise<Outlet[]> {
  const outlets: Outlet[] = [];
  while (outlets.length < connections) {
    const count = Math.min(CONNECTING_AT_ONCE, connections - outlets.length);
    const opening = Array.from({ length: count }, () => openOutlet(target, plan.transport ?? 'tcp'));
    try {
      outlets.push(...(await Promise.all(opening)));
    } catch (error) {
      throw new Error(
        `connection ${outlets.length + 1} of ${connections} to ${target.host}:${target.port}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
  return outlets;
}

function isLoadData(data: unknown): data is { request: LoadRequest } {
  return typeof data === 'object' && data !== null && 'thread' in data && data.thread === 'bench-load';
}

const data: unknown = workerData;
if (!isMainThread && isLoadData(data)) {
  const reply = await run(data.request).then(
    (report): Reply => ({ report }),
    (error: unknown): Reply => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(reply);
}
