// The end of a destination under way: what it waits for, and what becomes of lines that do not make it.
import type { DropReason } from '../telemetry/drop-reason.ts';

export interface Drain {
  readonly promise: Promise<void>;
  readonly done: () => void;
  cancel: () => void;
  deadlineMs: number;
  readonly reason: DropReason;
  repeats: number;
  /** True when the time for writing is over and only a write that cannot be called off is waited for. */
  over: boolean;
}
