// The lines of a destination while the one that makes its peer hang up is looked for. On each connection they come in one
// order: the redo window, then the disk, then memory. Nothing is forgotten while `hold` is on; a mark stands behind what
// the peer has survived, and after a break `skip` passes over that.
//
// A line that is rejected was booked as written, mostly. Its books are put right when the next line is written, so that
// no count of what was written ever falls.
import type { DestinationCounts } from '../../telemetry/ledger.ts';
import type { Backlog } from '../backlog/backlog.ts';
import type { LineQueue } from '../queue/line-queue.ts';
import type { CutLines } from '../redo-window.ts';
import type { StreamPoint } from '../backlog/replay.ts';

export interface HuntedLinesDependencies {
  readonly queue: LineQueue;
  readonly backlog: Backlog | undefined;
  readonly counts: DestinationCounts;
  /** The queue has become smaller. */
  readonly shrunk: () => void;
  readonly at: () => StreamPoint;
}

export class HuntedLines {
  readonly #deps: HuntedLinesDependencies;
  /** Lines booked as written that were rejected. */
  #owed = 0;

  constructor(dependencies: HuntedLinesDependencies) {
    this.#deps = dependencies;
  }

  /** True when nothing is left to send. */
  get empty(): boolean {
    return !this.#deps.queue.hasMore && this.#deps.backlog?.hasMore !== true;
  }

  /** Keeps all that was sent, until the end of it. Either way there is no mark. */
  hold(on: boolean): void {
    this.#deps.queue.redo.hold(on);
    this.#deps.backlog?.replay.hold(on);
  }

  /** The peer has survived all that was sent; no write may be under way. */
  mark(): void {
    this.#deps.queue.redo.mark();
    this.#deps.backlog?.replay.mark();
  }

  /** Forgets what the peer has survived. */
  unmark(): void {
    this.#deps.queue.redo.unmark();
    this.#deps.backlog?.replay.unmark();
  }

  /** After a break: what is before the mark is not sent. */
  skip(): void {
    this.#deps.queue.redo.skip();
    this.#deps.backlog?.replay.skip();
  }

  /** All that is held is sent again, from the oldest on; no write may be under way. */
  repeat(): void {
    this.#deps.queue.redo.repeat();
    this.#deps.backlog?.broke(this.#deps.at());
  }

  /** Takes the next write; undefined when there is none now, or `cut` wants none. */
  take(nowMs: number, cut: CutLines): Buffer | undefined {
    const { queue } = this.#deps;
    if (queue.mustRepeat) return queue.take(cut);
    const backlog = this.#deps.backlog;
    if (backlog?.hasMore === true) return backlog.takeStep(nowMs, cut);
    // What is on its way to disk comes first, or, where the destination is durable, all goes there.
    return backlog?.isAhead === true ? undefined : queue.take(cut);
  }

  /** Drops the line that comes next as `rejected`, if it is this one; follows `skip`. */
  reject(line: Buffer): void {
    const { queue, counts } = this.#deps;
    if (!queue.mustRepeat) {
      this.#deps.backlog?.replay.reject(line, (wasWritten) => this.#book(wasWritten));
      return;
    }
    let isNext = false;
    queue.take((bytes) => {
      isNext = bytes.subarray(0, line.length).equals(line);
      return { size: 0, lines: 0 };
    });
    if (!isNext) return;
    const wasWritten = queue.reject();
    if (!wasWritten) counts.queued -= 1;
    this.#book(wasWritten);
    this.#deps.shrunk();
  }

  /** So many lines were written for the first time: books as many that were rejected. */
  settle(written: number): void {
    const lines = Math.min(this.#owed, written);
    this.#owed -= lines;
    this.#deps.counts.written -= lines;
    this.#deps.counts.dropped.rejected += lines;
  }

  #book(wasWritten: boolean): void {
    if (wasWritten) this.#owed += 1;
    else this.#deps.counts.dropped.rejected += 1;
  }
}
