// The end of a destination that has a disk: all that waits in memory goes there, as far as it takes it within the time.
import type { Clock } from '../../util/clock.ts';
import type { Journal } from './journal.ts';
import type { LineQueue } from '../queue/line-queue.ts';
import type { ReplayOrder } from '../options.ts';
import type { Replay } from './replay.ts';
import type { Spill } from './spill.ts';
import type { SpoolBooks } from './spool-books.ts';
import type { Spool, SpoolBlock } from '../spool/spool.ts';

export interface LastBlocksDependencies {
  readonly spool: Spool;
  readonly books: Pick<SpoolBooks, 'rewound'>;
  readonly mover: Spill | Journal;
  readonly replay: Replay;
  readonly queue: LineQueue;
  readonly clock: Clock;
}

/** How often the disk is asked again that is behind, ms. */
const RETRY_MS = 20;

export class LastBlocks {
  readonly #order: ReplayOrder;
  readonly #deps: LastBlocksDependencies;
  /** Blocks, beside those that are lent, that are not written yet. */
  #puts = 0;
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(options: { readonly order: ReplayOrder }, dependencies: LastBlocksDependencies) {
    this.#order = options.order;
    this.#deps = dependencies;
  }

  /** Puts everything on disk; resolves when the disk has it, does not take it, or the time is up. */
  async save(): Promise<void> {
    const { queue, clock, mover, books } = this.#deps;
    if (this.#order === 'live_first') await this.#saveRest();
    const nowMs = clock.monotonicMs();
    while (queue.hasAgain && !this.#isOver) {
      // What was written to a connection that broke: in no column of the books, but it may not have arrived.
      const bytes = Buffer.from(queue.take() ?? []);
      const { lines } = queue.complete(nowMs);
      await this.#put({ bytes, lines, firstMs: clock.wallMs() }, (ok) => {
        if (ok) books.rewound(lines);
      });
    }
    while (!mover.all() && mover.refusal === 'slow_spool' && (await this.#pause()));
    while (mover.blocks + this.#puts > 0 && (await this.#pause()));
  }

  /** A block was written, or was not. */
  wake(): void {
    this.#wake?.();
  }

  /** The time is up. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** What is left of a record that was sent in part goes behind all others, so that no line of it comes twice. */
  async #saveRest(): Promise<void> {
    const rest = this.#deps.replay.takeRest();
    if (rest === undefined) return;
    await this.#put(rest, (ok) => {
      if (ok) this.#deps.spool.ack(rest.end);
    });
  }

  /** Puts a block on disk if the disk takes it. */
  async #put({ bytes, lines, firstMs }: SpoolBlock, written: (ok: boolean) => void): Promise<void> {
    while (!this.#isOver) {
      this.#puts += 1;
      const refusal = this.#deps.spool.offer({ bytes, lines, firstMs }, (ok) => {
        this.#puts -= 1;
        written(ok);
        this.#wake?.();
      });
      if (refusal === undefined) return;
      this.#puts -= 1;
      if (refusal !== 'slow_spool') return;
      await this.#pause();
    }
  }

  /** Waits a moment; false when time is up. */
  async #pause(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(RETRY_MS, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
    this.#wake = undefined;
    return !this.#isOver;
  }
}
