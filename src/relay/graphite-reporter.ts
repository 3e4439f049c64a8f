// Sends reports of self-metrics to a Graphite, each over a connection of its own. It stands apart from the destinations: their
// queues may be full and their peers away. Whatever the target does, one report is held, and no longer than its time.
//
//   idle ──report──▶ looking up ──▶ connecting, address by address ──▶ writing ──kernel took it──▶ ending ──▶ idle
//     ▲                   └──────────────── time is over, or no address left ─────────────────────────┘
import { isIP } from 'node:net';
import type { Connect, Lookup, PeerSocket } from '../destination/sender/peer-socket.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

export interface GraphiteReporterOptions {
  readonly host: string;
  readonly port: number;
  /** What one report may take from its look-up to the end of its connection, ms. */
  readonly timeoutMs: number;
}

export interface GraphiteReporterDependencies {
  readonly clock: Clock;
  readonly connect: Connect;
  readonly lookup: Lookup;
  /** Should not say the same too often. */
  readonly log: Pick<Log, 'warn'>;
  /** Hears how long a report took from its begin until the kernel had it, ms. */
  readonly sent: (durationMs: number) => void;
}

interface Report {
  readonly text: string;
  readonly startMs: number;
  addresses: readonly string[];
  socket: PeerSocket | undefined;
  isSent: boolean;
  cancel: () => void;
}

function nothing(): void {}

export class GraphiteReporter {
  readonly #options: GraphiteReporterOptions;
  readonly #deps: GraphiteReporterDependencies;
  #report: Report | undefined;
  #lookupPending = false;
  #isLastSent = false;
  /** Reports that arrived, that did not, and that were not tried since one was still under way. */
  readonly counts = { sent: 0, failed: 0, skipped: 0 };

  constructor(options: GraphiteReporterOptions, dependencies: GraphiteReporterDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** True when the last report arrived. */
  get isConnected(): boolean {
    return this.#isLastSent;
  }

  /** True while a report is under way. */
  get isBusy(): boolean {
    return this.#report !== undefined;
  }

  /** Sends a report, unless one is still under way. */
  send(text: string): void {
    // A hung look-up holds a thread of a small pool; a second one would starve others.
    if (this.#report !== undefined || this.#lookupPending) {
      this.counts.skipped += 1;
      return;
    }
    const { clock, lookup } = this.#deps;
    const { host, timeoutMs } = this.#options;
    const report: Report = {
      text,
      startMs: clock.monotonicMs(),
      addresses: [host],
      socket: undefined,
      isSent: false,
      cancel: nothing,
    };
    this.#report = report;
    report.cancel = clock.after(timeoutMs, () => this.#end(report, `no answer within ${timeoutMs} ms`));
    if (isIP(host) !== 0) return this.#dial(report, 'no address');
    this.#lookupPending = true;
    lookup(host, (error, addresses) => {
      this.#lookupPending = false;
      if (this.#report !== report) return;
      report.addresses = addresses;
      this.#dial(report, error?.message ?? 'the name has no address');
    });
  }

  /** Ends what is under way. */
  stop(): void {
    const report = this.#report;
    this.#report = undefined;
    report?.cancel();
    report?.socket?.destroy();
  }

  /** Tries the next address; `trouble`: why there may be none. */
  #dial(report: Report, trouble: string): void {
    const [ip, ...rest] = report.addresses;
    if (ip === undefined) return this.#end(report, trouble);
    report.addresses = rest;
    const socket = this.#deps.connect(ip, this.#options.port);
    report.socket = socket;
    const lost = (reason: string): void => {
      if (this.#report !== report || report.socket !== socket) return;
      socket.destroy();
      if (report.isSent) this.#end(report, undefined);
      else this.#dial(report, reason);
    };
    socket.on('connect', () => {
      socket.resume();
      socket.write(Buffer.from(report.text), (error) => {
        if (error || this.#report !== report) return;
        report.isSent = true;
        this.#deps.sent(this.#deps.clock.monotonicMs() - report.startMs);
        socket.end();
      });
    });
    socket.on('error', (error) => lost(error.message));
    socket.on('end', () => lost('the peer closed it'));
    socket.on('close', () => lost('it was closed'));
  }

  #end(report: Report, trouble: string | undefined): void {
    if (this.#report !== report) return;
    this.stop();
    this.#isLastSent = report.isSent;
    if (report.isSent) {
      this.counts.sent += 1;
      return;
    }
    this.counts.failed += 1;
    const { host, port } = this.#options;
    this.#deps.log.warn(
      `self-metrics cannot be sent to ${host}:${port}: ${trouble}; the next report is tried all the same`,
    );
  }
}
