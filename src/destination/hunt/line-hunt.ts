// Finds the one line at which a peer hangs up, and has it dropped by name, so that what is behind it gets through.
//
// carbon-cache closes the connection at a line that is too long or not UTF-8. The redo window would send such a line again
// with each new connection, and nothing behind it would arrive. So when connections die young one after the other, each
// accepted and each after it was sent lines, what was sent is looked through:
//
//   calm ──DEATHS_MIN young deaths──▶ search ──one line left──▶ trial ──died of it TRIALS times──▶ rejected, search goes on
//    ▲                                  ▲  └──────────────── mismatch: from the start, waiting longer ◀──┘
//    └── all survived, or no verdict ───┘
//
// Search: lines leave in small steps. After each the peer is given time to hang up (its end is seen at once); a step that
// it survives is not sent again to the next connection. The step that it dies of is cut into smaller ones, until one line
// is left. A line that looks like what peers hang up at makes a step of its own, which finds those within moments.
//
// Trial: no line is dropped because a peer is ill. On a new connection another line is sent first, and the peer must live
// for a while; then the suspect is sent, and the peer must die at once. The while, and how often the other line is sent,
// differ from trial to trial, so that a peer that ends connections after some time, or some number of writes, or at random
// does not pass (at random: less than once in 10,000 hunts). When no other line survives, there is no verdict.
//
// Everything that was sent is held until the end and then sent again as a whole, without the rejected line: a search that
// waited too briefly blames the wrong lines, but loses none.
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Cut } from '../cut-lines.ts';
import { HuntStep } from './hunt-step.ts';
import type { HuntedLines } from './hunted-lines.ts';
import type { SenderStats } from '../sender/sender.ts';
import { type Suspicion, suspicionOf } from './suspicious-line.ts';
import { Witnesses } from './witnesses.ts';

export interface LineHuntDependencies {
  readonly lines: HuntedLines;
  readonly clock: Clock;
  readonly log: Log;
  /** There may be something to write. */
  readonly due: () => void;
  /** A line, given without its newline, is rejected. */
  readonly rejected: (line: Buffer, error: string) => void;
}

/** Connections in a row that must have died young. */
const DEATHS_MIN = 3;
/** A connection that lived longer than this did not die of what it was sent first, ms. */
const YOUNG_MS = 10_000;
/** How long the peer is given to hang up after a step, ms, by round; a slow peer, or one far away, needs the later rounds. */
const SETTLE_MS = [50, 150, 450] as const;
/** For so many bytes it is given one ms more; in later rounds for as many times fewer as the wait is longer. */
const READ_BYTES_PER_MS = 4000;
/** The step that killed is cut into so many. */
const FAN = 8;
/** How long the peer must live before it is sent the suspect, in units of the round's wait: one trial each. */
const TRIALS = [1, 4, 2, 5, 3] as const;
/** Trials of a line that looks like one that was rejected a short while ago. */
const TRIALS_KNOWN = 2;
const KNOWN_MS = 600_000;
/** Times the other line is sent before the suspect, at most. */
const WITNESS_WRITES_MAX = 3;
/** A hunt without a verdict ends after this, ms; then there is none for a while, which doubles. */
const HUNT_MS_MAX = 30_000;
const HOLD_OFF_MS = 60_000;
const HOLD_OFF_MS_MAX = 600_000;

/** One log line of a kind in this time. */
const LOG_MS = 60_000;
/** Of a rejected line the log shows this much. */
const HEAD_BYTES = 120;

const NOTHING: Cut = { size: 0, lines: 0 };

interface Search {
  readonly at: 'search';
  /** Suspect lines, of which the peer has survived none. */
  left: number;
  step: HuntStep;
}

interface Trial {
  readonly at: 'trial';
  readonly line: Buffer;
  nth: number;
  /** Writes of the other line that are left on this connection. */
  witnessWrites: number;
  isSuspectSent: boolean;
}

export class LineHunt {
  readonly #options: { readonly key: string };
  readonly #deps: LineHuntDependencies;
  readonly #limiter: LogLimiter;
  #hunt: { readonly at: 'calm' } | Search | Trial = { at: 'calm' };
  #online = false;
  #onlineMs = 0;
  #deaths = 0;
  #attempts = 0;
  /** Lines taken on this connection, and the last of them where it is remembered. */
  #taken = 0;
  #lastLine: Buffer | undefined;
  #round = 0;
  #windowLines = 0;
  #survived = 0;
  #verdicts = 0;
  #begunMs = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #holdOffMs = HOLD_OFF_MS;
  #isWitnessFlying = false;
  #flightBytes = 0;
  #isRepeatDue = false;
  readonly #witnesses = new Witnesses();
  readonly #known = new Map<Suspicion, number>();
  #cancelWait: (() => void) | undefined;

  constructor(options: { readonly key: string }, dependencies: LineHuntDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#limiter = new LogLimiter({}, dependencies);
  }

  /** True while it says what is sent. */
  get isOn(): boolean {
    return this.#hunt.at !== 'calm';
  }

  /** True while a write is under way whose lines are not of the queue or the disk. */
  get inFlight(): boolean {
    return this.#isWitnessFlying;
  }

  /** Bytes of that write. */
  get flightBytes(): number {
    return this.#flightBytes;
  }

  /** A connection is there. */
  online(nowMs: number, { connectAttempts }: Pick<SenderStats, 'connectAttempts'>): void {
    // Attempts between were refused or not answered: the peer was away.
    if (connectAttempts > this.#attempts + 1 && !this.isOn) this.#deaths = 0;
    this.#attempts = connectAttempts;
    this.#online = true;
    this.#onlineMs = nowMs;
    this.#taken = 0;
    if (this.#hunt.at === 'search') this.#hunt.step.begin();
    if (this.#hunt.at === 'trial') {
      this.#hunt.isSuspectSent = false;
      this.#hunt.witnessWrites = 1 + (this.#hunt.nth % WITNESS_WRITES_MAX);
    }
  }

  /** Takes the next write while it is on; undefined: nothing now, and `due` says when, or it is over. */
  next(nowMs: number): Buffer | undefined {
    const hunt = this.#hunt;
    if (hunt.at === 'calm' || this.#cancelWait !== undefined) return undefined;
    const bytes = hunt.at === 'search' ? this.#nextStep(hunt, nowMs) : this.#nextOfTrial(hunt, nowMs);
    // Where nothing leaves because another round begins, nobody else would ask for what is due in that.
    return bytes === undefined && this.#hunt !== hunt ? this.next(nowMs) : bytes;
  }

  /** Lines of the queue or the disk leave, whoever took them. */
  took(bytes: Buffer, lines: number, nowMs: number): void {
    this.#taken += lines;
    if (this.#deaths === 0 && !this.isOn) return;
    if (!this.isOn && nowMs - this.#onlineMs > YOUNG_MS) {
      this.#deaths = 0;
      return;
    }
    if (this.#hunt.at === 'search') this.#hunt.step.add(bytes.length, lines);
    const start = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    this.#lastLine = Buffer.from(bytes.subarray(start));
    if (this.#hunt.at === 'calm') this.#witnesses.add(this.#lastLine, false);
  }

  /** The write is done; true when it was of the hunt's own, a line that was written before. */
  sent(): boolean {
    const hunt = this.#hunt;
    const wasWitness = this.#isWitnessFlying;
    this.#isWitnessFlying = false;
    if (this.#isRepeatDue) this.#deps.lines.repeat();
    this.#isRepeatDue = false;
    if (hunt.at === 'search') {
      if (hunt.step.isFull) this.#awaitStep(hunt);
    } else if (hunt.at === 'trial') {
      if (wasWitness)
        this.#wait(((TRIALS[hunt.nth] ?? 1) * this.#settleMs) / this.#writesOf(hunt), () => undefined);
      else this.#wait(this.#stepMs(hunt.line.length), () => this.#nextRound());
    }
    return wasWitness;
  }

  /** The connection broke, all that was on it waits to be sent again. True: the next attempt should follow soon. */
  broke(nowMs: number): boolean {
    this.#stopWaiting();
    this.#online = false;
    this.#isWitnessFlying = false;
    this.#isRepeatDue = false;
    const hunt = this.#hunt;
    if (hunt.at === 'calm') this.#diedCalm(nowMs);
    else if (nowMs - this.#begunMs > HUNT_MS_MAX) this.#giveUp();
    else if (hunt.at === 'search') this.#diedOfStep(hunt);
    else this.#diedInTrial(hunt, nowMs);
    return this.isOn;
  }

  /** Ends the hunt: all that it held is sent again, once a write that is under way (`isWriting`) is done. */
  stop(isWriting: boolean): void {
    this.#stopWaiting();
    this.#isRepeatDue ||= this.isOn && isWriting;
    if (this.isOn) this.#end(0);
  }

  get #settleMs(): number {
    return SETTLE_MS[this.#round] ?? 0;
  }

  #stepMs(bytes: number): number {
    return this.#settleMs * (1 + bytes / READ_BYTES_PER_MS / SETTLE_MS[0]);
  }

  #writesOf({ nth }: Trial): number {
    return 1 + (nth % WITNESS_WRITES_MAX);
  }

  #diedCalm(nowMs: number): void {
    if (this.#taken === 0) return;
    this.#deaths = nowMs - this.#onlineMs < YOUNG_MS ? this.#deaths + 1 : 1;
    if (this.#deaths < DEATHS_MIN || nowMs < this.#notBeforeMs) return;
    this.#say('begin').info(
      `dest ${this.#options.key} breaks its connections soon after they are made: looking for a line at which it hangs up`,
    );
    this.#deps.lines.hold(true);
    this.#windowLines = this.#taken;
    this.#begunMs = nowMs;
    this.#verdicts = 0;
    this.#beginRound(0);
  }

  #beginRound(round: number): void {
    this.#round = round;
    this.#survived = 0;
    this.#search(this.#windowLines);
  }

  #search(lines: number): void {
    const step = new HuntStep({ linesMax: Math.ceil(lines / FAN) });
    this.#hunt = { at: 'search', left: lines, step };
  }

  #nextStep(hunt: Search, nowMs: number): Buffer | undefined {
    const { lines } = this.#deps;
    const bytes = lines.take(nowMs, (rest) => hunt.step.cut(rest));
    if (bytes !== undefined) return bytes;
    if (hunt.step.lines > 0) this.#awaitStep(hunt);
    else if (lines.empty) this.#allSurvived();
    return undefined;
  }

  #awaitStep(hunt: Search): void {
    this.#wait(this.#stepMs(hunt.step.bytes), () => {
      this.#deps.lines.mark();
      hunt.left -= hunt.step.lines;
      this.#survived += hunt.step.lines;
      hunt.step.begin();
      if (this.#lastLine !== undefined) this.#witnesses.add(this.#lastLine, true);
      if (hunt.left <= 0) this.#allSurvived();
    });
  }

  /** Everything that was suspect has been survived on one connection after the other. */
  #allSurvived(): void {
    if (this.#verdicts > 0) this.#end(DEATHS_MIN - 1);
    else this.#nextRound();
  }

  #diedOfStep({ step }: Search): void {
    const line = this.#lastLine;
    if (step.lines === 0) return this.#nextRound();
    if (step.lines > 1 || line === undefined) this.#search(step.lines);
    else this.#hunt = { at: 'trial', line, nth: 0, witnessWrites: 0, isSuspectSent: false };
    this.#deps.lines.skip();
  }

  #nextOfTrial(hunt: Trial, nowMs: number): Buffer | undefined {
    const { lines } = this.#deps;
    if (hunt.witnessWrites > 0) {
      const witness = this.#witnesses.against(hunt.line);
      if (witness === undefined) {
        this.#giveUp();
        return undefined;
      }
      hunt.witnessWrites -= 1;
      this.#isWitnessFlying = true;
      this.#flightBytes = witness.length;
      return witness;
    }
    let isOther = false;
    const bytes = lines.take(nowMs, (rest) => {
      isOther = !rest.subarray(0, hunt.line.length).equals(hunt.line);
      return isOther ? NOTHING : { size: hunt.line.length, lines: 1 };
    });
    hunt.isSuspectSent = bytes !== undefined;
    if (isOther || (bytes === undefined && lines.empty)) this.#nextRound();
    return bytes;
  }

  #diedInTrial(hunt: Trial, nowMs: number): void {
    const { lines } = this.#deps;
    if (!hunt.isSuspectSent) {
      const witness = this.#witnesses.against(hunt.line);
      if (witness === undefined) return this.#giveUp();
      this.#witnesses.remove(witness);
      lines.skip();
      return;
    }
    lines.skip();
    hunt.nth += 1;
    const suspicion = suspicionOf(hunt.line);
    const knownMs = suspicion === undefined ? undefined : this.#known.get(suspicion);
    const trials = nowMs - (knownMs ?? Number.NEGATIVE_INFINITY) < KNOWN_MS ? TRIALS_KNOWN : TRIALS.length;
    if (hunt.nth < trials) return;
    if (suspicion !== undefined) this.#known.set(suspicion, nowMs);
    this.#verdicts += 1;
    this.#begunMs = nowMs;
    this.#holdOffMs = HOLD_OFF_MS;
    lines.reject(hunt.line);
    const error = `the peer hangs up when it is sent this line of ${hunt.line.length} bytes`;
    const head = JSON.stringify(hunt.line.toString('utf8', 0, Math.min(hunt.line.length - 1, HEAD_BYTES)));
    this.#say('rejected').warn(`dest ${this.#options.key}: ${error}; it is dropped as rejected: ${head}`);
    this.#deps.rejected(hunt.line.subarray(0, -1), error);
    // At least one: on disk the line goes when its record is read.
    this.#search(Math.max(1, this.#windowLines - this.#survived - this.#verdicts));
  }

  /** What was found does not fit together: from the start, with more time for the peer. */
  #nextRound(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const round = this.#round + 1;
    if (round >= SETTLE_MS.length || nowMs - this.#begunMs > HUNT_MS_MAX) return this.#giveUp();
    this.#deps.lines.unmark();
    if (this.#online) this.#deps.lines.repeat();
    this.#beginRound(round);
  }

  #giveUp(): void {
    if (this.#verdicts === 0) {
      this.#notBeforeMs = this.#deps.clock.monotonicMs() + this.#holdOffMs;
      this.#holdOffMs = Math.min(HOLD_OFF_MS_MAX, this.#holdOffMs * 2);
      this.#say('end').info(
        `dest ${this.#options.key} hangs up at no line in particular; all that it was sent is sent again`,
      );
    }
    this.#end(0);
  }

  #end(deaths: number): void {
    this.#deaths = deaths;
    this.#hunt = { at: 'calm' };
    this.#deps.lines.hold(false);
    if (!this.#isRepeatDue) this.#deps.lines.repeat();
  }

  #say(what: string): Log {
    return this.#limiter.limited(what, LOG_MS);
  }

  #wait(ms: number, then: () => void): void {
    this.#cancelWait = this.#deps.clock.after(ms, () => {
      this.#cancelWait = undefined;
      then();
      this.#deps.due();
    });
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}
