// One sender's stream of pickles: four bytes of length, the high one first, and as many of pickle, cut anywhere.
//
//   write ──▶ whole frame in the chunk? ──▶ decode ──▶ lines ──▶ sink
//                 └─ no ─▶ `carry`: grows as bytes come, never by what a length promises
//
// Lines of one chunk are handed on even when the sink wants a pause in between, as plain lines are. A frame whose lines
// are more than a chunk waits with its rest (`parked`) until the sink has room, and what follows it waits behind.
// The lines of one frame lie in memory that the decoder shares; only those of more than a chunk are its own for as long
// as they are read. A frame that cannot be read ends the stream: where the next one begins is only known by a length that is not trusted.
import { beginsPickledList } from '../../util/pickle-frame.ts';
import type { LineSink, StreamEnd } from '../dispatcher.ts';
import type { Decoded } from './decoder.ts';

/** What a stream needs of the input that it belongs to. */
export interface PickleStreamHost {
  readonly frameBytesMax: number;
  readonly chunkBytesMax: number;
  decode(frame: Buffer): Decoded;
  /** Says whether all streams together may hold so much more, bytes. */
  hasRoom(bytes: number): boolean;
  /** Changes what all streams hold, bytes. */
  hold(bytes: number): void;
  /** Counts metrics that are none; the sample is read before it returns. */
  reject(reason: 'invalid' | 'truncated', count: number, sample: Uint8Array | undefined, error: string): void;
  /** Sends may go on. */
  resume(): void;
  pause(): void;
  /** Ends the connection. */
  close(why: string): void;
}

const LENGTH_BYTES = 4;
/** A frame that has begun gets this much memory, and twice as much each time it is full, bytes. */
const CARRY_BYTES_MIN = 4096;
const SAMPLE_BYTES = 256;
const NOTHING = Buffer.alloc(0);

export class PickleStream {
  readonly #host: PickleStreamHost;
  #sink: LineSink | undefined;
  #carry: Buffer = NOTHING;
  #carryUsed = 0;
  /** Lines of a large frame that the sink had no room for, and the chunks behind it. */
  #parked: Buffer = NOTHING;
  readonly #behind: Buffer[] = [];
  #held = false;
  #resumes = 0;
  /** True while chunks are read: what the sink calls meanwhile must not read others in between. */
  #busy = false;
  #state: 'open' | 'ending' | 'refused' | 'ended' = 'open';

  constructor(host: PickleStreamHost) {
    this.#host = host;
  }

  /** Takes the sink, which may have paused already. */
  attach(sink: LineSink): void {
    this.#sink = sink;
  }

  /** Takes a chunk; its bytes are used up or copied before it returns. False: the sender must pause. */
  write(chunk: Buffer): boolean {
    if (this.#state !== 'open') return false;
    if (this.#isWaiting || this.#busy) this.#keepBehind(chunk);
    else {
      this.#busy = true;
      this.#read(chunk);
      this.#busy = false;
    }
    return this.#isFree;
  }

  /** Ends the stream: what waits goes on, room or not, and a frame that is not whole is counted. */
  end(how: StreamEnd): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.#goOn();
      if (this.#carryUsed > 0) {
        const sample = this.#carry.subarray(0, Math.min(this.#carryUsed, SAMPLE_BYTES));
        this.#host.reject('truncated', 1, sample, 'truncated');
      }
    }
    this.#state = 'ended';
    this.#dropCarry();
    this.#unpark();
    for (const chunk of this.#behind.splice(0)) this.#host.hold(-chunk.length);
    this.#sink?.end(how);
  }

  pause(): void {
    this.#held = true;
    this.#host.pause();
  }

  resume(): void {
    this.#resumes += 1;
    this.#held = false;
    if (this.#state !== 'open') return;
    if (!this.#busy) this.#goOn();
    if (this.#isFree) this.#host.resume();
  }

  get #isWaiting(): boolean {
    return this.#parked.length > 0 || this.#behind.length > 0;
  }

  get #isFree(): boolean {
    return this.#state === 'open' && !this.#held && !this.#isWaiting;
  }

  get #mayRead(): boolean {
    return this.#state === 'open' || this.#state === 'ending';
  }

  /** False while what waits must go on waiting. */
  get #mayGoOn(): boolean {
    return this.#state === 'ending' || (this.#state === 'open' && !this.#held && this.#parked.length === 0);
  }

  /** Hands on what is parked, then what came behind it, as far as the sink has room. */
  #goOn(): void {
    this.#busy = true;
    if (this.#parked.length > 0) {
      const lines = this.#parked;
      this.#unpark();
      this.#emit(lines);
    }
    while (this.#mayGoOn) {
      const chunk = this.#behind.shift();
      if (chunk === undefined) break;
      this.#host.hold(-chunk.length);
      this.#read(chunk);
    }
    this.#busy = false;
  }

  #read(chunk: Buffer): void {
    const { frameBytesMax } = this.#host;
    let at = this.#carryUsed > 0 ? this.#fillCarry(chunk) : 0;
    while (at < chunk.length && this.#mayRead) {
      if (this.#parked.length > 0) return this.#keepBehind(chunk.subarray(at), true);
      const left = chunk.length - at;
      if (left < LENGTH_BYTES) return void this.#append(chunk.subarray(at), LENGTH_BYTES);
      const length = chunk.readUInt32BE(at);
      if (length > frameBytesMax) return this.#refuseLength(chunk.subarray(at), length);
      if (left < LENGTH_BYTES + length) return void this.#append(chunk.subarray(at), LENGTH_BYTES + length);
      at += LENGTH_BYTES;
      this.#take(chunk.subarray(at, at + length));
      at += length;
    }
  }

  /** Adds to the frame that has begun; returns how much of the chunk it took. */
  #fillCarry(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && this.#carryUsed > 0 && this.#mayRead) {
      const isLength = this.#carryUsed < LENGTH_BYTES;
      const wanted = isLength ? LENGTH_BYTES : LENGTH_BYTES + this.#carry.readUInt32BE(0);
      const part = chunk.subarray(at, at + wanted - this.#carryUsed);
      if (!this.#append(part, wanted)) break;
      at += part.length;
      if (this.#carryUsed < wanted) break;
      const length = this.#carry.readUInt32BE(0);
      if (length > this.#host.frameBytesMax)
        this.#refuseLength(this.#carry.subarray(0, LENGTH_BYTES), length);
      else if (!isLength || length === 0) this.#takeCarry();
    }
    return at;
  }

  #takeCarry(): void {
    const frame = this.#carry.subarray(LENGTH_BYTES, this.#carryUsed);
    this.#carryUsed = 0;
    this.#take(frame);
    this.#dropCarry();
  }

  #append(bytes: Buffer, wanted: number): boolean {
    const used = this.#carryUsed + bytes.length;
    if (used > this.#carry.length) {
      const size = Math.max(used, Math.min(wanted, Math.max(CARRY_BYTES_MIN, this.#carry.length * 2)));
      if (!this.#host.hasRoom(size - this.#carry.length)) {
        this.#refuse(bytes, 'all senders together hold too much of messages that are not whole');
        return false;
      }
      this.#host.hold(size - this.#carry.length);
      const grown = Buffer.allocUnsafeSlow(size);
      this.#carry.copy(grown, 0, 0, this.#carryUsed);
      this.#carry = grown;
    }
    bytes.copy(this.#carry, this.#carryUsed);
    this.#carryUsed = used;
    return true;
  }

  #take(frame: Buffer): void {
    if (!beginsPickledList(frame))
      return this.#refuse(frame, 'invalid payload prefix: it is not a pickled list');
    const decoded = this.#host.decode(frame);
    if (!decoded.ok) return this.#refuse(frame, decoded.fault);
    if (decoded.badCount > 0) this.#rejectItems(decoded);
    this.#emit(decoded.lines);
  }

  #rejectItems({ bad, badCount }: Extract<Decoded, { ok: true }>): void {
    for (const { text, error } of bad) this.#host.reject('invalid', 1, Buffer.from(text), error);
    if (badCount > bad.length) this.#host.reject('invalid', badCount - bad.length, undefined, '');
  }

  /** Hands lines on; parks the rest of more than a chunk when the sink has no room. */
  #emit(lines: Buffer): void {
    const { chunkBytesMax } = this.#host;
    for (let at = 0; at < lines.length; at += chunkBytesMax) {
      const rest = lines.subarray(at);
      if (at > 0 && this.#held && this.#state === 'open' && this.#host.hasRoom(rest.length)) {
        this.#host.hold(rest.length);
        this.#parked = Buffer.from(rest);
        return;
      }
      const seen = this.#resumes;
      const goOn = this.#sink?.write(rest.subarray(0, chunkBytesMax)) ?? true;
      // There may be room again before `write` has returned.
      if (!goOn && this.#resumes === seen) this.#held = true;
    }
  }

  #unpark(): void {
    this.#host.hold(-this.#parked.length);
    this.#parked = NOTHING;
  }

  /** Keeps a chunk that must wait; `first`: before those that wait already, of which it is the older part. */
  #keepBehind(chunk: Buffer, first = false): void {
    this.#host.hold(chunk.length);
    if (first) this.#behind.unshift(Buffer.from(chunk));
    else this.#behind.push(Buffer.from(chunk));
  }

  #dropCarry(): void {
    this.#host.hold(-this.#carry.length);
    this.#carry = NOTHING;
    this.#carryUsed = 0;
  }

  #refuseLength(bytes: Buffer, length: number): void {
    const isText = bytes.subarray(0, LENGTH_BYTES).every((byte) => byte >= 0x20 && byte < 0x7f);
    const hint = isText ? '; this looks like plain text, which goes to listen_addr' : '';
    this.#refuse(bytes, `a message of ${length} bytes is longer than pickle_max_bytes${hint}`);
  }

  #refuse(bytes: Buffer, why: string): void {
    const isOpen = this.#state === 'open';
    this.#state = 'refused';
    this.#host.reject('invalid', 1, bytes.subarray(0, SAMPLE_BYTES), `pickle: ${why}`);
    if (isOpen) this.#host.close(why);
  }
}
