// Hands bytes from inputs to the engine, lines from the engine to destinations, and keeps the relay's books.
// Between two turns of the event loop the books balance: every line of a run is booked before the call returns, or, when
// it must be on disk first, together with its destination's entry (RunBooks).
import type { Output } from '../destination/output.ts';
import type { Slab } from '../destination/queue/slab-pool.ts';
import type { Emit, Engine, Outcome, WindowValues } from '../engine/engine.ts';
import { LineStream } from '../engine/line-stream.ts';
import type { LineSink, StreamEnd } from '../input/dispatcher.ts';
import type { DropReason } from '../telemetry/drop-reason.ts';
import type { SeriesTop } from '../telemetry/top/series-top.ts';
import type { RelayCounts } from '../telemetry/ledger.ts';
import type { TailInput } from '../telemetry/tail/tail-report.ts';
import { assert } from '../util/assert.ts';
import type { RunBooks } from './run-books.ts';
import type { Clock } from '../util/clock.ts';
import type { NamingDispatcher } from './named-door.ts';
import type { Tail } from './tail/tail.ts';

/**
 * A run takes so much of a chunk, bytes: three copies of it fit a second-level cache of 512 KiB. Where it feeds many
 * outputs it takes all of the chunk instead, since each output costs JavaScript something in each run: half as much a line with
 * 1,000 outputs (bench/micro/slice-size.ts). But no more than what its copies come to within COPIES_BYTES, about, since the
 * engine keeps the memory for them.
 */
const SLICE_BYTES = 64 * 1024;
const SLICE_BYTES_MIN = 4 * 1024;
const MANY_OUTPUTS = 32;
const COPIES_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const NO_CARRY = new Uint8Array(0);
const TOO_LONG_ERROR = 'line is too long';
const TRUNCATED_ERROR = 'truncated';

export interface LineDispatcherOptions {
  readonly chunkBytesMax: number;
  readonly lineBytesMax: number;
}

export interface LineDispatcherDependencies {
  readonly engine: Engine;
  readonly counts: RelayCounts;
  readonly runBooks: RunBooks;
  readonly clock: Clock;
  /** The destination of an output id; asked once per run and output. */
  readonly outputOf: (id: number) => Output | undefined;
  /** Copies lines for several destinations to the end of a slab; undefined: each should copy them. */
  readonly share: (bytes: Uint8Array) => Slab | undefined;
  /** Takes the values of a run to the windows of aggregators; they are valid during the call only. */
  readonly takeValues: (values: WindowValues) => void;
  /** True when queues hold so much beyond their bounds that no sender may go on. */
  readonly isMemoryShort: () => boolean;
  readonly noteBadLine: (
    reason: BadLineReason,
    line: Uint8Array,
    error: string,
    sender: string,
    input: TailInput,
  ) => void;
  /** Counts bad lines of which no sample was taken. */
  readonly countBadLines: (reason: DropReason, lines: number) => void;
  /** Told whose lines come, then of each run. */
  readonly top: Pick<SeriesTop, 'setSource' | 'ran'>;
  /** Who looks at single lines. */
  readonly tail: Pick<Tail, 'isWatched' | 'ran' | 'generated'>;
  readonly noteInput: (bytes: number) => void;
  readonly noteConnection: () => void;
  /** True when the turn has read for so long that no connection may be read any more in it. */
  readonly isTurnLong: (connections: number) => boolean;
  /** Runs a function when this turn is over. */
  readonly afterTurn: (fn: () => void) => void;
}

export type BadLineReason = 'invalid' | 'out_of_order' | 'truncated';

/** What a sender can wait for: an output with room, or the end of a turn. */
type Gate = Pick<Output, 'whenWritable'>;

/** The Dispatcher of one engine. */
export class LineDispatcher implements NamingDispatcher {
  readonly chunkBytesMax: number;
  readonly #lineBytesMax: number;
  readonly #deps: LineDispatcherDependencies;
  readonly #flows = new Set<Flow>();
  readonly #keyOf: Engine['keyOf'];
  /** Opens when the turn is over. */
  readonly #nextTurn: Gate;
  /** Opens when a turn was not long. */
  readonly #shortTurn: Gate = { whenWritable: (callback) => void this.#served.push(callback) };
  readonly #served: (() => void)[] = [];
  /** Long turns since the last that was not. */
  #longTurns = 0;
  /** True while a run is under way: what the engine has made of it is scratch, and another would overwrite that. */
  #isRunning = false;
  /** Outputs that were over their bound in the run under way. */
  readonly #blocked: Output[] = [];
  #datagram: Uint8Array;
  #sliceBytes = SLICE_BYTES;
  #arrived = 0;
  input: TailInput = 'plain';
  /** Points too far in the future to move the order of their series. */
  orderFutures = 0;

  constructor(options: LineDispatcherOptions, dependencies: LineDispatcherDependencies) {
    this.chunkBytesMax = options.chunkBytesMax;
    this.#lineBytesMax = options.lineBytesMax;
    this.#deps = dependencies;
    this.#datagram = new Uint8Array(0);
    this.#keyOf = (nth) => dependencies.engine.keyOf(nth);
    this.#nextTurn = { whenWritable: (callback) => dependencies.afterTurn(callback) };
  }

  open(sender: string, resume: () => void, pause: () => void): LineSink {
    const { engine, clock, noteInput, isTurnLong, top } = this.#deps;
    const source = withoutPort(sender);
    const { input } = this;
    const stream = new LineStream(engine, this.#lineBytesMax, {
      ran: (outcome) => this.#settle(outcome, true, sender, input),
      tooLong: (start) => this.#reject('invalid', 1, start, TOO_LONG_ERROR, sender, input),
      truncated: (line) => this.#reject('truncated', 1, line, TRUNCATED_ERROR, sender, input),
    });
    const flow = new Flow({ resume, pause, afterTurn: this.#deps.afterTurn });
    this.#flows.add(flow);
    this.#deps.noteConnection();
    return {
      write: (chunk) => {
        this.#beginRun();
        top.setSource(source);
        noteInput(chunk.length);
        const nowSec = clock.wallMs() / 1000;
        if (chunk.length <= this.#sliceBytes) stream.write(chunk, nowSec);
        else this.#writeSlices(stream, chunk, nowSec);
        this.#isRunning = false;
        if (this.#blocked.length !== 0) this.#hold(flow);
        if (isTurnLong(this.#flows.size)) this.#endReads(flow);
        return !flow.held;
      },
      end: (how: StreamEnd) => {
        this.#beginRun();
        this.#flows.delete(flow);
        top.setSource(source);
        stream.end(how === 'fin', clock.wallMs() / 1000);
        this.#isRunning = false;
        // A sender that has ended waits for nobody.
        this.#blocked.length = 0;
      },
    };
  }

  /**
   * Takes lines made inside the relay, each ended by a newline, for outputs that the table chose by their key; none:
   * unroutable. They cannot wait: a full queue spills or drops them.
   */
  generate(outputs: readonly number[], bytes: Uint8Array, lines: number): void {
    const { counts, runBooks, outputOf, tail } = this.#deps;
    if (tail.isWatched) tail.generated(outputs, bytes, lines);
    if (outputs.length === 0) {
      counts.generated += lines;
      counts.dropped.unroutable += lines;
      return;
    }
    runBooks.generated(lines, lines * (outputs.length - 1));
    for (const id of outputs) {
      const output = outputOf(id);
      assert(output !== undefined, 'a plan names an output that is not there');
      output.push(bytes, lines, false);
    }
  }

  datagram(bytes: Uint8Array, sender: string): void {
    if (bytes.length === 0) return;
    this.#beginRun();
    const { engine, clock, noteInput, top } = this.#deps;
    top.setSource(withoutPort(sender));
    noteInput(bytes.length);
    let whole = bytes;
    if (bytes[bytes.length - 1] !== NEWLINE) {
      if (this.#datagram.length <= bytes.length) this.#datagram = new Uint8Array(bytes.length * 2 + 64);
      this.#datagram.set(bytes);
      this.#datagram[bytes.length] = NEWLINE;
      whole = this.#datagram.subarray(0, bytes.length + 1);
    }
    this.#settle(engine.run(NO_CARRY, whole, clock.wallMs() / 1000), false, sender, this.input);
    this.#isRunning = false;
  }

  reject(
    reason: 'invalid' | 'truncated',
    count: number,
    sample: Uint8Array | undefined,
    error: string,
    sender: string,
  ): void {
    this.#reject(reason, count, sample, error, sender, this.input);
  }

  takeArrived(): number {
    const arrived = this.#arrived;
    this.#arrived = 0;
    return arrived;
  }

  #reject(
    reason: 'invalid' | 'truncated',
    count: number,
    sample: Uint8Array | undefined,
    error: string,
    sender: string,
    input: TailInput,
  ): void {
    const { counts, noteBadLine, countBadLines } = this.#deps;
    counts.received += count;
    this.#arrived += count;
    counts.dropped[reason] += count;
    if (sample === undefined) countBadLines(reason, count);
    else noteBadLine(reason, sample, error, sender, input);
  }

  #beginRun(): void {
    assert(!this.#isRunning, 'lines came in the middle of a run');
    this.#isRunning = true;
  }

  #writeSlices(stream: LineStream, chunk: Uint8Array, nowSec: number): void {
    for (let at = 0; at < chunk.length; ) {
      const end = at + this.#sliceBytes;
      stream.write(chunk.subarray(at, end), nowSec);
      at = end;
    }
  }

  /** Books a run and pushes its lines; outputs that want the sender to wait are noted in #blocked. */
  #settle(outcome: Outcome, canWait: boolean, sender: string, input: TailInput): void {
    const { counts, runBooks, outputOf, takeValues, top, tail } = this.#deps;
    const { received, copies, invalid, outOfOrder, blocklisted, unroutable, consumed } = outcome;
    const ended = invalid + outOfOrder + blocklisted + unroutable + consumed;
    counts.received += ended;
    this.#arrived += received;
    counts.consumed += consumed;
    counts.dropped.invalid += invalid;
    counts.dropped.out_of_order += outOfOrder;
    counts.dropped.blocklisted += blocklisted;
    counts.dropped.unroutable += unroutable;
    runBooks.ran(received - ended, copies);
    top.ran(received, this.#keyOf);
    if (tail.isWatched) tail.ran(received, sender, input);
    this.orderFutures += outcome.orderFuture;
    const slab = areEqual(outcome.emits) ? this.#deps.share(outcome.emits[0]!.bytes) : undefined;
    const shared = slab?.bytes.subarray(slab.used - outcome.emits[0]!.bytes.length, slab.used);
    for (const emit of outcome.emits) {
      const output = outputOf(emit.output);
      assert(output !== undefined, 'a plan names an output that is not there');
      const isTaken = output.push(shared ?? emit.bytes, emit.lines, canWait, slab);
      if (!isTaken && canWait) this.#blocked.push(output);
    }
    if (outcome.values.count !== 0) takeValues(outcome.values);
    this.#sliceBytes = outcome.emits.length > MANY_OUTPUTS ? this.#sliceFor(outcome) : SLICE_BYTES;
    if (outcome.rejects.length !== 0) this.#noteRejects(outcome, sender, input);
  }

  #sliceFor({ copies, received, values }: Outcome): number {
    const size = Math.floor(COPIES_BYTES / (1 + (copies + values.count) / received));
    return Math.min(this.chunkBytesMax, Math.max(SLICE_BYTES_MIN, size));
  }

  #noteRejects({ rejects, invalid, outOfOrder }: Outcome, sender: string, input: TailInput): void {
    let shownInvalid = 0;
    for (const { reason, line, text } of rejects) {
      if (reason === 'invalid') shownInvalid += 1;
      this.#deps.noteBadLine(reason, line, text, sender, input);
    }
    if (rejects.length === invalid + outOfOrder) return;
    this.#deps.countBadLines('invalid', invalid - shownInvalid);
    this.#deps.countBadLines('out_of_order', outOfOrder - (rejects.length - shownInvalid));
  }

  /** Makes the sender wait for the outputs that were over their bound; when memory runs short, makes all senders wait. */
  #hold(writer: Flow): void {
    const outputs = this.#blocked.splice(0);
    writer.waitForRoom(outputs);
    if (!this.#deps.isMemoryShort()) return;
    for (const flow of this.#flows) {
      if (flow.held) continue;
      flow.pause();
      flow.waitForRoom(outputs);
    }
  }

  /**
   * Lets no connection be read before the next turn. The writer waits longer, until a turn was not long: by then each of
   * the others had its turn. The system reports ready connections in an order that may never change.
   */
  #endReads(writer: Flow): void {
    for (const flow of this.#flows) {
      if (flow === writer || flow.held) continue;
      flow.pause();
      flow.waitForTurn(this.#nextTurn);
    }
    if (this.#longTurns === 0) this.#deps.afterTurn(() => this.#awaitShortTurn(0));
    this.#longTurns += 1;
    writer.waitForTurn(this.#shortTurn);
  }

  /** Called at the end of each turn since one was long; `longTurns` were long before this one. */
  #awaitShortTurn(longTurns: number): void {
    const now = this.#longTurns;
    if (now !== longTurns) {
      this.#deps.afterTurn(() => this.#awaitShortTurn(now));
      return;
    }
    this.#longTurns = 0;
    for (const resume of this.#served.splice(0)) resume();
  }
}

/** The address of a sender (host:port, [host]:port), an IPv4 address as what it is. */
function withoutPort(sender: string): string {
  const end = sender.lastIndexOf(':');
  const host = end < 0 ? sender : sender.slice(0, end);
  return host.startsWith('[') ? host.slice(1, -1).replace(/^::ffff:(?=\d+\.)/, '') : host;
}

/** Says whether several outputs get the very same lines: then the engine has written them once. */
function areEqual(emits: readonly Emit[]): boolean {
  const first = emits[0];
  if (first === undefined || emits.length === 1) return false;
  const { byteOffset, length } = first.bytes;
  return emits.every(({ bytes }) => bytes.byteOffset === byteOffset && bytes.length === length);
}

interface FlowDependencies {
  readonly resume: () => void;
  readonly pause: () => void;
  readonly afterTurn: (fn: () => void) => void;
}

/** A sender's reasons to wait. */
class Flow {
  readonly #waitingFor = new Set<Gate>();
  readonly #deps: FlowDependencies;
  readonly #goOn = (): void => {
    if (!this.held) this.#deps.resume();
  };
  readonly #goOnLater = (): void => this.#deps.afterTurn(this.#goOn);

  constructor(dependencies: FlowDependencies) {
    this.#deps = dependencies;
  }

  get held(): boolean {
    return this.#waitingFor.size !== 0;
  }

  /** Pauses a sender that did not just write. */
  pause(): void {
    this.#deps.pause();
  }

  /**
   * Waits for each output; goes on at the end of the turn in which the last has room. That may come in the middle of
   * anything, a run of another sender or a change of the table, and a sender that goes on may write at once.
   */
  waitForRoom(outputs: readonly Gate[]): void {
    this.#waitFor(outputs, this.#goOnLater);
  }

  /** Waits for the end of a turn, and goes on with it. */
  waitForTurn(end: Gate): void {
    this.#waitFor([end], this.#goOn);
  }

  /** Waits for each gate; the last one may be open at once. */
  #waitFor(gates: readonly Gate[], opened: () => void): void {
    const more = gates.filter((gate) => !this.#waitingFor.has(gate));
    // All are noted before the first is asked: it may call back at once, and must not resume for the others.
    for (const gate of more) this.#waitingFor.add(gate);
    for (const gate of more) {
      gate.whenWritable(() => {
        this.#waitingFor.delete(gate);
        if (!this.held) opened();
      });
    }
  }
}
