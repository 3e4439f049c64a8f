// The logger as its users see it; telemetry/ has the one that writes. Never called per metric.

/** crng's levels without those that end the process. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  trace(message: string): void;
}

/** Swallows everything; for tests. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
};
