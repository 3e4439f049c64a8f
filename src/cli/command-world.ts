// What the command line knows of the machine; tests hand in their own.
import type { Clock } from '../util/clock.ts';

/** Files, environment, streams. */
export interface CommandWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  /** Reads a whole file; throws the system's error. */
  readFile(path: string): Uint8Array;
  /** Lists the files that a pattern matches, relative to a folder; no folders, in no order. */
  listFiles(pattern: string, folder: string): readonly string[];
  /** Reads standard input to its end. */
  readStdin(): Promise<Uint8Array>;
  readonly clock: Clock;
  readonly stderrIsTerminal: boolean;
  /** Writes text to standard output. */
  print(text: string): void;
  /** Writes bytes to standard output; it waits where a pipe is full. */
  printBytes(bytes: Uint8Array): void;
  /** Writes text to standard error. */
  complain(text: string): void;
}
