// The logger: crng's text form on stderr, or one JSON object a line. Writing is synchronous and never throws.
//
// Why no library: pino is the usual pick and is fast at JSON, but the default here is crng's own text form
// (`2006-01-02 15:04:05.000 [LEVEL] msg`), for which it needs a second package as transport, in a worker thread, where
// the last lines before a crash get lost. Nothing is logged per metric, so its speed would buy nothing.
import type { Clock } from '../util/clock.ts';
import type { Log, LogLevel } from '../util/log.ts';
import { LOG_LEVELS, type LogThreshold } from '../util/log-level.ts';
import { renderLogTime, renderRfc3339 } from '../util/render-time.ts';

/** How log lines look: crng's text, or JSON. */
export type LogFormat = 'text' | 'json';

/** The level words of crng (logrus), shown in upper case. */
const WORDS: Readonly<Record<LogLevel | 'fatal', string>> = {
  fatal: 'fatal',
  error: 'error',
  warn: 'warning',
  info: 'info',
  debug: 'debug',
  trace: 'trace',
};

/** Writes log lines of the chosen level and above. */
export class Logger implements Log {
  readonly #format: LogFormat;
  #rank: number;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #write: (text: string) => void;

  /** `write` takes a whole line with its newline and must not throw (FdWriter). */
  constructor(
    options: { readonly level: LogThreshold; readonly format: LogFormat },
    dependencies: { readonly clock: Pick<Clock, 'wallMs'>; readonly write: (text: string) => void },
  ) {
    this.#format = options.format;
    this.#rank = LOG_LEVELS.indexOf(options.level);
    this.#clock = dependencies.clock;
    this.#write = dependencies.write;
  }

  /** Shows another level and above from now on. */
  setLevel(level: LogThreshold): void {
    this.#rank = LOG_LEVELS.indexOf(level);
  }

  /** Says why the process ends; the caller ends it. Shown at every level, as nobody must wonder. */
  fatal(message: string): void {
    this.#line('fatal', message);
  }

  error(message: string): void {
    this.#at('error', message);
  }

  warn(message: string): void {
    this.#at('warn', message);
  }

  info(message: string): void {
    this.#at('info', message);
  }

  debug(message: string): void {
    this.#at('debug', message);
  }

  trace(message: string): void {
    this.#at('trace', message);
  }

  /** True when lines of `level` are shown: for messages that are dear to make. */
  shows(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#rank;
  }

  #at(level: LogLevel, message: string): void {
    if (this.shows(level)) this.#line(level, message);
  }

  #line(level: LogLevel | 'fatal', message: string): void {
    const wallMs = this.#clock.wallMs();
    const word = WORDS[level];
    this.#write(
      this.#format === 'json'
        ? `${JSON.stringify({ time: renderRfc3339(wallMs), level: word, msg: message })}\n`
        : `${renderLogTime(wallMs)} [${word.toUpperCase()}] ${escapeControls(message)}\n`,
    );
  }
}

/**
 * Shows control characters as \xHH, since messages may quote what strangers sent and a terminal acts on them.
 * Newline and tab stay: the routing table is logged as a text of several lines.
 */
function escapeControls(message: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return message.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
