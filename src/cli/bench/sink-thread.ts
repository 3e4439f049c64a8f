// The sink of a bench: a thread that takes lines on some ports, plain over TCP or UDP, and counts them exactly. This file is
// also what the thread runs.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { DelaySummary } from './delay-histogram.ts';
import type { LineCounts } from './line-counter.ts';
import { SinkLedger } from './sink-ledger.ts';
import { SinkPorts } from './sink-ports.ts';
import type { LoadLayout, LoadShare } from './load-plan.ts';

/** Where a sink listens. */
export interface SinkOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly ports: readonly number[];
  readonly transport: 'tcp' | 'udp';
  /** Reads and does not look. */
  readonly discards?: boolean;
}

/** What a sink is to expect of a load. */
export interface SinkLoad {
  readonly layout: LoadLayout;
  readonly share: LoadShare;
  readonly copies: number;
  /** Each port gets each line once; else copies come by any. */
  readonly byPort: boolean;
}

/** A moment of a load: lines sent and come until then, and the delays of the lines that came since the moment before. */
export interface TimelinePoint {
  readonly ms: number;
  readonly sent: number;
  readonly accepted: number;
  readonly delay: DelaySummary;
}

/** What came of a load. */
export interface SinkReport {
  readonly counts: LineCounts;
  readonly samples: readonly string[];
  /** Lines by port, whatever they are. */
  readonly portLines: readonly number[];
  readonly delay: DelaySummary;
  /** When the last line came, µs since the start of the load. */
  readonly lastMicros: number;
  readonly timeline: readonly TimelinePoint[];
}

type Request =
  | ({ readonly kind: 'open' } & SinkLoad)
  | { readonly kind: 'until'; readonly expected: number; readonly idleMs: number };

type Reply =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly report: SinkReport }
  | { readonly kind: 'failed'; readonly message: string };

export class BenchSink {
  readonly ports: readonly number[];
  readonly #worker: Worker;

  private constructor(worker: Worker, ports: readonly number[]) {
    this.#worker = worker;
    this.ports = ports;
  }

  /** Starts a sink; rejects with one line when a port cannot be had. */
  static async start(options: SinkOptions): Promise<BenchSink> {
    const worker = new Worker(new URL(import.meta.url), { workerData: { thread: 'bench-sink', options } });
    try {
      const { ports } = await next(worker, 'listening');
      return new BenchSink(worker, ports);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  /** Forgets what came, and expects a load. */
  async open(load: SinkLoad): Promise<void> {
    this.#ask({ kind: 'open', ...load });
    await next(this.#worker, 'opened');
  }

  /** Waits until so many lines and copies came, or nothing came for a while. */
  async until(expected: number, idleMs: number): Promise<SinkReport> {
    this.#ask({ kind: 'until', expected, idleMs });
    return (await next(this.#worker, 'done')).report;
  }

  #ask(request: Request): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    this.#worker.postMessage(request);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function next<K extends Reply['kind']>(worker: Worker, kind: K): Promise<Extract<Reply, { kind: K }>> {
  const [reply] = (await once(worker, 'message')) as [Reply];
  if (reply.kind === 'failed') throw new Error(reply.message);
  if (reply.kind !== kind) throw new Error(`BUG: the sink said ${reply.kind}, not ${kind}`);
  return reply as Extract<Reply, { kind: K }>;
}

async function runSink(options: SinkOptions): Promise<void> {
  const reply = (message: Reply): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    parentPort?.postMessage(message);
  };
  const ledger = await SinkLedger.make(options.ports.length);
  const sink = new SinkPorts(options, ledger);
  try {
    reply({ kind: 'listening', ports: await sink.listen() });
  } catch (error) {
    reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    return;
  }
  parentPort?.on('message', (request: Request) => {
    if (request.kind === 'open') {
      ledger.open(request);
      reply({ kind: 'opened' });
    } else {
      void ledger.until(request.expected, request.idleMs).then((report) => reply({ kind: 'done', report }));
    }
  });
}

function isSinkData(data: unknown): data is { options: SinkOptions } {
  return typeof data === 'object' && data !== null && 'thread' in data && data.thread === 'bench-sink';
}

const data: unknown = workerData;
if (!isMainThread && isSinkData(data)) await runSink(data.options);
