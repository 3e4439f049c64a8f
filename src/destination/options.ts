// The options of a destination, as a destination string or an API call gives them.

/** What a full queue does. Until the spool lands, `spill` behaves as `block`. */
export type WhenFull = 'spill' | 'block' | 'drop_newest' | 'drop_oldest';

/** Where a destination's lines go. */
export type DestinationAddress =
  | { readonly protocol: 'tcp'; readonly host: string; readonly port: number; readonly instance: string }
  | { readonly protocol: 'file'; readonly path: string };

/** A destination as plain data; the matcher fields are those of a route (empty: not set). */
export interface DestinationOptions {
  /** As written: `host:port`, `host:port:instance` or `file:PATH`. */
  readonly addr: string;
  readonly address: DestinationAddress;
  readonly prefix: string;
  readonly notPrefix: string;
  readonly sub: string;
  readonly notSub: string;
  readonly regex: string;
  readonly notRegex: string;
  /** Longest a line may wait before it is written, ms. */
  readonly flush: number;
  /** Longest pause between attempts to connect, ms. */
  readonly reconn: number;
  readonly pickle: boolean;
  /** undefined: not written. */
  readonly spool: boolean | undefined;
  /** Queue bound in metrics; undefined: bounded in bytes alone. */
  readonly connbuf: number | undefined;
  /** Most bytes of one write. */
  readonly iobuf: number;
  readonly spoolbuf: number;
  readonly spoolmaxbytesperfile: number;
  readonly spoolsyncevery: number;
  readonly spoolsyncperiod: number;
  readonly spoolsleep: number;
  readonly unspoolsleep: number;
  readonly whenFull: WhenFull;
  /** Queue bound in bytes. */
  readonly queueBytes: number;
  /** Bytes handed to the kernel that are kept to be sent again when the connection breaks; 0: off. */
  readonly redoBytes: number;
  readonly redoAgeMs: number;
  readonly connectTimeoutMs: number;
  /** File destinations. */
  readonly rotateBytes: number;
  readonly rotateMs: number;
  readonly gzip: boolean;
  readonly fsync: boolean;
}
