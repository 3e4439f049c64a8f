// How long senders are held for a disk that is behind: a few seconds since its last sign of life, then lines are dropped by
// name instead. A hung disk holds nobody.
import type { Clock } from '../../util/clock.ts';

const PATIENCE_MS = 5000;

export interface DiskPatienceDependencies {
  readonly clock: Clock;
  /** True while the disk has not taken all that it was given. */
  readonly isBehind: () => boolean;
  /** Patience is at an end: nobody needs to wait any more. */
  readonly over: () => void;
}

export class DiskPatience {
  readonly #deps: DiskPatienceDependencies;
  #has = true;
  #cancel: (() => void) | undefined;

  constructor(dependencies: DiskPatienceDependencies) {
    this.#deps = dependencies;
  }

  /** True while it makes sense to wait. */
  get has(): boolean {
    return this.#has;
  }

  /** Somebody waits. */
  wait(): void {
    if (!this.#has || this.#cancel !== undefined) return;
    this.#cancel = this.#deps.clock.after(PATIENCE_MS, () => {
      this.#cancel = undefined;
      if (!this.#deps.isBehind()) return;
      this.#has = false;
      this.#deps.over();
    });
  }

  /** The disk gave a sign of life. */
  renew(): void {
    const waits = this.#cancel !== undefined;
    this.stop();
    this.#has = true;
    // Senders that are still held bring nothing by which they would be noticed again.
    if (waits) this.wait();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
