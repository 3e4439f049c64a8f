// Lines as the bench sends them, and a counter that expects them.
import { LineCounter, makeLineStream } from '../../../src/cli/bench/line-counter.ts';
import { LineRenderer } from '../../../src/cli/bench/line-renderer.ts';
import { layOut, type LoadPlan, makeShare } from '../../../src/cli/bench/load-plan.ts';

export const TIME_SEC = 1_700_000_000;

/** A plan of a few lines a slot. */
export const SMALL: LoadPlan = {
  mode: { kind: 'paced', rate: 1000, linesPerWrite: 4, seconds: 1 },
  connections: 2,
  series: 6,
  seed: 1,
};

/** Renders `slots` slots of a plan, the connections in turn, and opens a counter for them. */
export async function makeBench(
  plan: Partial<LoadPlan> = {},
  slots = 10,
  copies = 1,
  byPort = true,
): Promise<BenchLines> {
  const whole = { ...SMALL, ...plan };
  const layout = layOut(whole, TIME_SEC, copies);
  const share = makeShare(layout);
  const renderer = await LineRenderer.make(layout, share.slots, share.startSec, 1);
  const lines: string[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const bytes = renderer.render(slot % whole.connections, layout.slotLines, 0);
    lines.push(...bytes.toString('latin1').split(/(?<=\n)/));
  }
  const counter = await LineCounter.make();
  counter.open(layout, share.slots, copies, byPort);
  return new BenchLines(lines, counter, renderer.passing);
}

/** Lines that were sent, and their counter. */
export class BenchLines {
  readonly lines: readonly string[];
  readonly counter: LineCounter;
  readonly passing: number;
  readonly #streams = [0, 1, 2, 3].map(makeLineStream);

  constructor(lines: readonly string[], counter: LineCounter, passing: number) {
    this.lines = lines;
    this.counter = counter;
    this.passing = passing;
  }

  /** Takes text that comes by a port. */
  take(text: string, port = 0): this {
    this.counter.take(this.#streams[port]!, Buffer.from(text, 'latin1'), 1);
    return this;
  }

  /** Ends the stream of a port. */
  end(port = 0): this {
    this.counter.end(this.#streams[port]!);
    return this;
  }

  /** The counters that are not 0. */
  counts(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.counter.counts()).filter(([, count]) => count !== 0));
  }
}
