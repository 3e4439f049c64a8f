// The live look at single lines. It costs nothing while nobody looks, and a share of the CPU at most while somebody does,
// however many lines come: a run for which there is no time passes unseen, and is counted.
//
//   run of the engine ──▶ lines of series not ruled out ──▶ judge a series once, mark it ──▶ show, if the client may have more
//
// Whether a client wants a line depends on its key and on the plan of its series, so a series is judged on sight and its
// mark kept by the engine (RunLines), one bit a client. From then on the lines of all the series that nobody wants are passed
// over in the engine, some 2 ns each (bench/micro/tail.ts), and a key that comes once in ten million lines is found when it comes. A client that
// has had what it may have this second has its bit asked for no more, so that its many lines cost the others nothing.
import type { RunLine, RunLines } from '../../engine/engine.ts';
import type { DropReason } from '../../telemetry/drop-reason.ts';
import {
  ANY_REASON,
  type TailInput,
  type TailLine,
  type TailReason,
} from '../../telemetry/tail/tail-report.ts';
import type { Clock } from '../../util/clock.ts';
import { CpuBudget } from './cpu-budget.ts';
import {
  type PlaceOf,
  renderDropped,
  renderGenerated,
  renderRunLine,
  type TailSource,
} from './render-tail-line.ts';
import { TailClient, type TailFilter } from './tail-client.ts';

/** Of the time of the relay; what is saved up of it, for who has just come; and the longest that it looks in one go, ms. */
const CPU_SHARE = 0.02;
const SAVED_MS_MAX = 50;
const LOOK_MS_MAX = 2;
/** After so many lines that were looked at closely the clock is asked. */
const STEPS = 16;
/** What was found within this goes out together, ms. */
const FLUSH_MS = 100;
const STATUS_MS = 1000;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** Where a line is dropped: as it comes, or at a destination. */
export interface DropPlace extends TailSource {
  readonly addr?: string;
  readonly route?: string;
}

/** What the table decided for a line. */
interface LineEnd {
  readonly end: RunLine['end'];
  readonly outputs: ArrayLike<number>;
}

export interface TailDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly lines: RunLines;
  readonly placeOf: PlaceOf;
  readonly routeOf: (output: number) => string | undefined;
  readonly hasRoute: (route: string) => boolean;
  /** Lines that were dropped so far, by the books. */
  readonly dropped: (reason: TailReason) => number;
}

export class Tail {
  readonly #deps: TailDependencies;
  readonly #budget: CpuBudget;
  /** Another array whenever one comes or goes. */
  #clients: readonly TailClient[] = [];
  /** Clients whose route is not in the table. */
  readonly #lost = new Set<TailClient>();
  /** True while somebody looks; nothing else need be called while it is false. */
  isWatched = false;
  /** Lines that came by while somebody looked. */
  #lines = 0;
  #sender = '';
  #input: TailInput = 'plain';
  #steps = 0;
  /** Lines are looked at that no run of the engine holds. */
  #isGenerated = false;
  #statusMs = 0;
  #cancelTick: (() => void) | undefined;
  #isOver = false;

  constructor(dependencies: TailDependencies) {
    this.#deps = dependencies;
    this.#budget = new CpuBudget(
      { share: CPU_SHARE, burstMs: SAVED_MS_MAX, pieceMs: LOOK_MS_MAX },
      dependencies.clock.monotonicMs(),
    );
  }

  /** Lets a client look; undefined: there are enough, or the relay is ending. */
  add(filter: TailFilter): TailClient | undefined {
    const bit = [1, 2, 4, 8, 16, 32, 64, 128].find(
      (free) => !this.#clients.some((other) => other.bit === free),
    );
    if (bit === undefined || this.#isOver) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const linesBefore = this.#countLines(filter);
    const stopped = (): void => this.#remove(client);
    const client = new TailClient({ filter, bit, nowMs, linesBefore, stopped });
    this.#clients = [...this.#clients, client];
    this.#deps.lines.clearMarks();
    this.isWatched = true;
    if (this.#cancelTick === undefined) {
      this.#statusMs = nowMs;
      this.#tick();
    }
    return client;
  }

  /** Looks at the run that the engine has just made of lines of a sender; before anything of it goes on. */
  ran(received: number, sender: string, input: TailInput): void {
    const { clock, random } = this.#deps;
    this.#lines += received;
    this.#sender = sender;
    this.#input = input;
    const nowMs = clock.monotonicMs();
    const wanted = this.#clients.filter((client) => seesRuns(client) && client.isOpen(input, nowMs));
    if (wanted.length === 0 || !this.#budget.begin(nowMs)) return;
    // The first lines of a read are no better than the others.
    const start = Math.floor(random() * received);
    this.#steps = 0;
    if (this.#scan(wanted, start, received)) this.#scan(wanted, 0, start);
    this.#budget.end(clock.monotonicMs());
  }

  /** Looks at lines made inside the relay, each with its newline, on their way to outputs; none: unroutable. */
  generated(outputs: readonly number[], bytes: Uint8Array, lines: number): void {
    const { clock, placeOf } = this.#deps;
    this.#lines += lines;
    this.#sender = '';
    this.#input = 'generated';
    const nowMs = clock.monotonicMs();
    const made: LineEnd = { end: outputs.length === 0 ? 'unroutable' : 'route', outputs };
    const wanted = this.#clients.filter(
      (client) => seesRuns(client) && this.#wantsEnd(client, made) && client.isOpen('generated', nowMs),
    );
    const render = (line: Uint8Array): TailLine => renderGenerated(line, outputs, clock.wallMs(), placeOf);
    this.#isGenerated = true;
    this.#walk(wanted, bytes, nowMs, render);
    this.#isGenerated = false;
  }

  /** Looks at a line that was refused, or dropped by a destination of which no more is known. */
  refused(reason: DropReason, line: Uint8Array, error: string, source: DropPlace): void {
    const { clock } = this.#deps;
    const { addr = '', route = '', input } = source;
    const nowMs = clock.monotonicMs();
    const wanted = this.#clients.filter((client) => this.#wantsDrop(client, reason, route, input, nowMs));
    const place = addr === '' ? undefined : { route, destinations: [addr] };
    this.#walk(wanted, line, nowMs, (text) =>
      renderDropped(text, reason, source, clock.wallMs(), { error, place }),
    );
  }

  /** Looks at lines that find no room at a destination, within the call that brought them. */
  dropped(reason: DropReason, bytes: Uint8Array, route: string, addr: string): void {
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const wanted = this.#clients.filter((client) =>
      this.#wantsDrop(client, reason, route, this.#input, nowMs),
    );
    const source = { sender: this.#sender, input: this.#input };
    const place = { route, destinations: [addr] };
    this.#walk(wanted, bytes, nowMs, (line) =>
      renderDropped(line, reason, source, clock.wallMs(), { place }),
    );
  }

  /** Ends all looks, and lets nobody look any more. */
  end(text: string): void {
    this.#isOver = true;
    for (const client of this.#clients) {
      client.report(this.#linesOf(client), this.#deps.clock.monotonicMs());
      client.end(text);
      this.#remove(client);
    }
  }

  /** Looks at the lines from..to of the run; false: there is no more time, or nobody may be shown more. */
  #scan(wanted: TailClient[], from: number, to: number): boolean {
    const { clock, lines } = this.#deps;
    let bits = bitsOf(wanted);
    let passed = from;
    for (
      let at = lines.nextMarked(from, bits);
      at !== undefined && at < to;
      at = lines.nextMarked(at + 1, bits)
    ) {
      this.#steps += 1;
      if (this.#steps % STEPS === 0 && this.#budget.isSpent(clock.monotonicMs())) {
        for (const client of wanted) client.looked += at - passed;
        return false;
      }
      const hits = (lines.markOf(at) ?? this.#judge(at)) & bits;
      if (hits === 0) continue;
      this.#show(lines.lineOf(at), hits, wanted);
      for (const client of wanted) client.looked += at + 1 - passed;
      passed = at + 1;
      takeOut(wanted, (client) => !client.mayShow);
      bits = bitsOf(wanted);
      if (bits === 0) return false;
    }
    for (const client of wanted) client.looked += to - passed;
    return true;
  }

  #show(line: RunLine, hits: number, wanted: readonly TailClient[]): void {
    const { clock, placeOf } = this.#deps;
    const source = { sender: this.#sender, input: this.#input };
    const shown = renderRunLine(line, source, clock.wallMs(), placeOf);
    for (const client of wanted) if ((client.bit & hits) !== 0) client.show(shown);
  }

  /** Finds who wants the series of a line, and marks it. */
  #judge(nth: number): number {
    const { lines } = this.#deps;
    const line = lines.lineOf(nth);
    let bits = 0;
    for (const client of this.#clients) {
      const { match } = client.filter;
      if (seesRuns(client) && this.#wantsEnd(client, line) && match?.(line.key) !== false) bits |= client.bit;
    }
    lines.mark(nth, bits);
    return bits;
  }

  #wantsEnd({ filter: { route, reason } }: TailClient, line: LineEnd): boolean {
    if (route === undefined && reason === undefined) return true;
    const { end, outputs } = line;
    if (reason === ANY_REASON && (end === 'route' || end === 'consume')) return false;
    if (reason !== undefined && reason !== ANY_REASON && reason !== end) return false;
    if (route === undefined) return true;
    for (let nth = 0; nth < outputs.length; nth++) {
      if (this.#deps.routeOf(outputs[nth] as number) === route) return true;
    }
    return false;
  }

  #wantsDrop(
    client: TailClient,
    reason: DropReason,
    route: string,
    input: TailInput | undefined,
    nowMs: number,
  ): boolean {
    const { filter } = client;
    if (!client.wantsReason(reason) || (filter.route !== undefined && filter.route !== route)) return false;
    return client.isOpen(input, nowMs);
  }

  /** Looks at lines by their text, as far as there is time, from one of them on that is chosen at random. */
  #walk(
    wanted: TailClient[],
    bytes: Uint8Array,
    nowMs: number,
    render: (line: Uint8Array) => TailLine,
  ): void {
    const { clock, random } = this.#deps;
    if (wanted.length === 0 || !this.#budget.begin(nowMs)) return;
    const first = bytes.indexOf(NEWLINE, Math.floor(random() * bytes.length)) + 1;
    this.#steps = 0;
    if (this.#walkPart(wanted, bytes.subarray(first), render)) {
      this.#walkPart(wanted, bytes.subarray(0, first), render);
    }
    this.#budget.end(clock.monotonicMs());
  }

  /** Looks at whole lines; false: there is no more time, or nobody may be shown more. */
  #walkPart(wanted: TailClient[], bytes: Uint8Array, render: (line: Uint8Array) => TailLine): boolean {
    for (let at = 0; at < bytes.length; ) {
      this.#steps += 1;
      if (this.#steps % STEPS === 0 && this.#budget.isSpent(this.#deps.clock.monotonicMs())) return false;
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      const line = bytes.subarray(at, end);
      const key = keyOf(line);
      let shown: TailLine | undefined;
      for (const client of wanted) {
        // Of refused lines a client that sees runs has heard with its run.
        if (this.#isGenerated || !seesRuns(client)) client.looked += 1;
        if (client.filter.match?.(key) === false) continue;
        client.show((shown ??= render(line)));
      }
      takeOut(wanted, (client) => !client.mayShow);
      if (wanted.length === 0) return false;
      at = end + 1;
    }
    return true;
  }

  #tick(): void {
    const { clock } = this.#deps;
    this.#cancelTick = clock.after(FLUSH_MS, () => {
      const nowMs = clock.monotonicMs();
      const isDue = nowMs - this.#statusMs >= STATUS_MS;
      if (isDue) this.#statusMs = nowMs;
      for (const client of this.#clients) {
        if (isDue) {
          this.#lookForRoute(client);
          client.report(this.#linesOf(client), nowMs);
        }
        client.flush();
      }
      this.#cancelTick = undefined;
      if (this.isWatched) this.#tick();
    });
  }

  /** A reload may take a route away, and bring it back. */
  #lookForRoute(client: TailClient): void {
    const { route } = client.filter;
    if (route === undefined) return;
    const isLost = !this.#deps.hasRoute(route);
    if (isLost === this.#lost.has(client)) return;
    if (isLost) this.#lost.add(client);
    else this.#lost.delete(client);
    const text = `route "${route}" is ${isLost ? 'not in the table any more' : 'in the table again'}`;
    client.tell({ event: 'note', data: { text } });
  }

  #linesOf(client: TailClient): number {
    return this.#countLines(client.filter) - client.linesBefore;
  }

  #countLines(filter: TailFilter): number {
    const { reason } = filter;
    return reason === undefined || reason === ANY_REASON || seesRuns({ filter })
      ? this.#lines
      : this.#deps.dropped(reason);
  }

  #remove(client: TailClient): void {
    this.#clients = this.#clients.filter((other) => other !== client);
    this.#lost.delete(client);
    this.isWatched = this.#clients.length > 0;
    if (this.isWatched) return;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }
}

/** Tells whether a client may want lines that come as far as the table. */
function seesRuns({ filter: { reason } }: { readonly filter: TailFilter }): boolean {
  return reason === undefined || reason === ANY_REASON || reason === 'blocklisted' || reason === 'unroutable';
}

function bitsOf(clients: readonly TailClient[]): number {
  let bits = 0;
  for (const { bit } of clients) bits |= bit;
  return bits;
}

function takeOut(clients: TailClient[], isOut: (client: TailClient) => boolean): void {
  for (let nth = clients.length - 1; nth >= 0; nth--) if (isOut(clients[nth]!)) clients.splice(nth, 1);
}

/** The key of a line that may be none: up to the first white space. */
function keyOf(line: Uint8Array): Uint8Array {
  let start = 0;
  while (start < line.length && line[start]! <= SPACE) start += 1;
  let end = start;
  while (end < line.length && line[end]! > SPACE) end += 1;
  return line.subarray(start, end);
}
