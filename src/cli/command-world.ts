// What the command line knows of the machine; tests hand in their own.

/** Files, environment, streams. */
export interface CommandWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  /** Reads a whole file; throws the system's error. */
  readFile(path: string): Uint8Array;
  /** Reads standard input to its end. */
  readStdin(): Promise<Uint8Array>;
  /** Writes text to standard output. */
  print(text: string): void;
  /** Writes text to standard error. */
  complain(text: string): void;
}
