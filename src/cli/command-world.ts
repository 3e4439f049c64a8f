// What the command line knows of the machine; tests hand in their own.
import type { Clock } from '../util/clock.ts';

/** A terminal to draw on and read keys from. */
export interface Terminal {
  rows(): number;
  /** Hands over each key as it is pressed, until the function that it returns is called. */
  onKeys(pressed: (key: string) => void): () => void;
}

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
  /** Calls back at Ctrl-C instead of ending the process, until the function that it returns is called. */
  onInterrupt(interrupted: () => void): () => void;
  /** Absent where standard output or input is none. */
  readonly terminal?: Terminal | undefined;
  /** Writes text to standard output. */
  print(text: string): void;
  /** Writes bytes to standard output; it waits where a pipe is full. */
  printBytes(bytes: Uint8Array): void;
  /** Writes text to standard error. */
  complain(text: string): void;
}
