// A Log that keeps its lines.
import type { Log, LogLevel } from '../../src/util/log.ts';

/** Keeps `level: message` lines. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn: ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }

  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }

  trace(message: string): void {
    this.lines.push(`trace: ${message}`);
  }

  /** The lines of one level, without it. */
  at(level: LogLevel): string[] {
    return this.lines
      .filter((line) => line.startsWith(`${level}: `))
      .map((line) => line.slice(level.length + 2));
  }
}
