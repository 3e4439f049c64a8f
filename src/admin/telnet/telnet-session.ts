// One telnet connection: lines in, answers out, one at a time. What a client sends costs bounded memory and time: a line
// that is too long, bytes that are no text and requests of a browser end the connection; a client that does not read its
// answers is not read either.
import type { Socket } from 'node:net';
import type { Clock } from '../../util/clock.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import {
  BANNER,
  runTelnetLine,
  type TelnetCaller,
  type TelnetDependencies,
  WRONG_TOKEN,
} from './telnet-commands.ts';

export interface TelnetSessionOptions {
  readonly lineBytesMax: number;
  /** Answers waiting for the client; while there are more it is not read. */
  readonly answerBytesMax: number;
}

export interface TelnetSessionDependencies extends TelnetDependencies {
  readonly clock: Clock;
  /** Shared by all sessions. */
  readonly rate: RateLimit;
  readonly caller: TelnetCaller;
  /** Hears why a client was turned away. */
  readonly turnedAway: (why: string) => void;
}

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
const NO_TEXT = 'bytes that are no text: pickle belongs to pickle_addr, not to admin_addr';
/** How telnet clients mark their own commands, such as Ctrl-C; it is in no UTF-8 text. */
const INTERPRET_AS_COMMAND = 0xff;

export class TelnetSession {
  readonly #socket: Socket;
  readonly #options: TelnetSessionOptions;
  readonly #deps: TelnetSessionDependencies;
  #pending: Buffer = Buffer.alloc(0);
  #state: 'reading' | 'waiting' | 'ended' = 'reading';
  /** The client has sent its FIN. */
  #isLast = false;
  #cancelWait: (() => void) | undefined;

  constructor(socket: Socket, options: TelnetSessionOptions, dependencies: TelnetSessionDependencies) {
    this.#socket = socket;
    this.#options = options;
    this.#deps = dependencies;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('end', () => {
      this.#isLast = true;
      this.#advance();
    });
    socket.on('drain', () => this.#resume());
    socket.on('error', () => this.stop());
    socket.on('close', () => this.stop());
    socket.write(BANNER);
  }

  /** Sends what has been answered, and ends. */
  drain(): void {
    if (this.#state === 'ended') return;
    this.#leave();
    this.#socket.end();
  }

  /** Ends now. */
  stop(): void {
    this.#leave();
    this.#socket.destroy();
  }

  #leave(): void {
    this.#state = 'ended';
    this.#cancelWait?.();
    this.#pending = Buffer.alloc(0);
  }

  #take(bytes: Buffer): void {
    if (this.#state === 'ended') return;
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#advance();
  }

  /** Runs whole lines until there is none, or the session must wait. */
  #advance(): void {
    while (this.#state === 'reading') {
      const end = this.#pending.indexOf(NEWLINE);
      if (end < 0) break;
      const line = this.#pending.subarray(0, end);
      this.#pending = this.#pending.subarray(end + 1);
      this.#runLine(line);
    }
    if (this.#state !== 'reading') return;
    if (this.#pending.length > this.#options.lineBytesMax) return this.#turnAway('a command is too long');
    // A frame of pickle begins with its length: no newline need ever come.
    if (this.#pending[0] === 0) return this.#turnAway(NO_TEXT);
    if (!this.#isLast) return;
    // crng takes what was read for a command, with a newline or without.
    if (this.#pending.length > 0) this.#runLine(this.#pending);
    this.drain();
  }

  #runLine(line: Buffer): void {
    if (line.length > this.#options.lineBytesMax) return this.#turnAway('a command is too long');
    const text = decodeLine(line);
    if (text === undefined) {
      return this.#turnAway(NO_TEXT);
    }
    if (/^[A-Z]+ \S+ HTTP\/\d/.test(text)) return this.#turnAway('an HTTP request: that is for http_addr');
    const answer = runTelnetLine(text, this.#deps.caller, this.#deps);
    if (answer === WRONG_TOKEN) return this.#turnAway('wrong token');
    this.#socket.write(answer + BANNER);
    this.#pace();
  }

  /** Waits while the client does not read, or when commands come too fast. */
  #pace(): void {
    const waitMs = this.#deps.rate.take();
    if (waitMs === 0 && this.#socket.writableLength <= this.#options.answerBytesMax) return;
    this.#state = 'waiting';
    this.#socket.pause();
    if (waitMs === 0) return;
    this.#cancelWait = this.#deps.clock.after(waitMs, () => {
      this.#cancelWait = undefined;
      this.#resume();
    });
  }

  #resume(): void {
    const { answerBytesMax } = this.#options;
    if (this.#state !== 'waiting' || this.#cancelWait !== undefined) return;
    if (this.#socket.writableLength > answerBytesMax) return;
    this.#state = 'reading';
    this.#socket.resume();
    this.#advance();
  }

  #turnAway(why: string): void {
    this.#deps.turnedAway(why);
    this.#socket.write(`${why}\n`);
    this.drain();
  }
}

/** Decodes a line; undefined when it is no text. */
function decodeLine(line: Buffer): string | undefined {
  let kept = line;
  const mark = kept.indexOf(INTERPRET_AS_COMMAND);
  if (mark >= 0) kept = withoutTelnetCommands(line, mark);
  try {
    const text = UTF8.decode(kept);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Takes out IAC sequences: three bytes for WILL, WONT, DO and DONT, else two. */
function withoutTelnetCommands(line: Buffer, first: number): Buffer {
  const kept: Buffer[] = [line.subarray(0, first)];
  let at = first;
  while (at < line.length) {
    if (line[at] !== INTERPRET_AS_COMMAND) {
      const next = line.indexOf(INTERPRET_AS_COMMAND, at);
      kept.push(line.subarray(at, next < 0 ? line.length : next));
      at = next < 0 ? line.length : next;
    } else {
      at += (line[at + 1] ?? 0) >= 0xfb ? 3 : 2;
    }
  }
  return Buffer.concat(kept);
}
