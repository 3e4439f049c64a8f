// Memory, processor time and garbage collections of this process. One a process; it must be stopped.
import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** Figures of now; totals since the start of the process, those of collections since this began to watch. */
export interface ProcessReport {
  readonly heapUsedBytes: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Undefined where the system does not say. */
  readonly virtualBytes: number | undefined;
  /** At least so much was allocated: what comes and goes between two looks is not seen. */
  readonly allocatedBytes: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly cpuSec: number;
  readonly collections: number;
  readonly collectionsMs: number;
  readonly lastCollectionMs: number;
}

/** Whoever reads the process. */
export interface ProcessReader {
  read(): ProcessReport;
}

export class ProcessFigures implements ProcessReader {
  #collections = 0;
  #collectionsMs = 0;
  #lastCollectionMs = 0;
  #allocatedBytes = 0;
  #usedBytes = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#look();
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#collections += 1;
        this.#collectionsMs += duration;
        this.#lastCollectionMs = duration;
      }
      this.#look();
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  read(): ProcessReport {
    const { rss } = process.memoryUsage();
    const { minorPageFault, majorPageFault, userCPUTime, systemCPUTime } = process.resourceUsage();
    const heapBytes = this.#look();
    return {
      heapUsedBytes: this.#usedBytes,
      heapBytes,
      residentBytes: rss,
      virtualBytes: readVirtualBytes(),
      allocatedBytes: this.#allocatedBytes,
      minorFaults: minorPageFault,
      majorFaults: majorPageFault,
      cpuSec: (userCPUTime + systemCPUTime) / 1e6,
      collections: this.#collections,
      collectionsMs: this.#collectionsMs,
      lastCollectionMs: this.#lastCollectionMs,
    };
  }

  /** Watches no more. */
  stop(): void {
    this.#observer.disconnect();
  }

  #look(): number {
    const { used_heap_size: used, total_heap_size: total } = getHeapStatistics();
    this.#allocatedBytes += Math.max(0, used - this.#usedBytes);
    this.#usedBytes = used;
    return total;
  }
}

function readVirtualBytes(): number | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const [, kib] = /^VmSize:\s+(\d+) kB$/m.exec(status) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
