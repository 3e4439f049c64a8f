// A live look over a real engine: keys beginning with `both` go to routes one and two, `agg` to windows, `block` and `none`
// nowhere, all others to route one.
import { makeWasmEngine } from '../../../src/engine/wasm-engine.ts';
import { loadEngineModule } from '../../../src/engine/wasm-module.ts';
import type { Plan } from '../../../src/metric/plan.ts';
import { Tail } from '../../../src/relay/tail/tail.ts';
import type { TailClient, TailFilter } from '../../../src/relay/tail/tail-client.ts';
import { compileMatch } from '../../../src/relay/tail/compile-match.ts';
import type { TailEvent, TailInput, TailLine, TailStatus } from '../../../src/telemetry/tail/tail-report.ts';
import { FakeClock } from '../../destination/fake-clock.ts';

const module = await loadEngineModule();
const ROUTES = ['one', 'two'];

export function planOf(key: string): Plan {
  if (key.startsWith('both')) return { kind: 'route', outputs: [0, 1], key: Buffer.from(`new.${key}`) };
  if (key.startsWith('agg')) return { kind: 'consume', values: [1] };
  if (key.startsWith('block')) return { kind: 'drop', reason: 'blocklisted' };
  if (key.startsWith('none')) return { kind: 'drop', reason: 'unroutable' };
  return { kind: 'route', outputs: [0] };
}

/** Time passes by itself: each look at the clock takes `stepMs`. */
class TickingClock extends FakeClock {
  stepMs = 0;

  override monotonicMs(): number {
    return (this.nowMs += this.stepMs);
  }
}

export async function makeRig() {
  const clock = new TickingClock();
  const engine = await makeWasmEngine(
    {
      lineBytesMax: 1000,
      chunkBytesMax: 262_144,
      maxSeries: 1_000_000,
      levels: { legacy: 'medium', m20: 'medium' },
      validateOrder: false,
      orderFutureMaxSec: 86_400,
    },
    module,
  );
  const state = { table: ROUTES, dropped: 0 };
  const setTable = (plan = planOf): void => engine.setResolve((key) => plan(Buffer.from(key).toString()));
  setTable();
  const tail = new Tail({
    clock,
    random: () => 0.5,
    lines: engine.lines,
    routeOf: (output) => state.table[output],
    placeOf: (output) => ({ route: state.table[output] ?? '', destinations: [`10.0.0.${output}:2003`] }),
    hasRoute: (route) => state.table.includes(route),
    dropped: () => state.dropped,
  });
  const run = (text: string, sender = 'a:1', input: TailInput = 'plain'): void => {
    const { received } = engine.run(new Uint8Array(0), Buffer.from(text), 1_700_000_000);
    if (tail.isWatched) tail.ran(received, sender, input);
  };
  return { clock, engine, tail, run, state, setTable };
}

/** A filter of a few words. */
export function filterOf({
  match,
  ...more
}: Partial<Omit<TailFilter, 'match'>> & { readonly match?: string } = {}): TailFilter {
  const compiled = match === undefined ? undefined : compileMatch(match);
  if (compiled !== undefined && typeof compiled !== 'function') throw new Error(compiled.error);
  return { route: undefined, reason: undefined, input: undefined, ratePerSec: 50, ...more, match: compiled };
}

/** Reads what waits for a client, as a reader that is never late; there must be something. */
export async function readAll(client: TailClient): Promise<readonly TailEvent[]> {
  const next = client.next();
  client.flush();
  return (await next) ?? [];
}

export function linesOf(events: readonly TailEvent[]): readonly TailLine[] {
  return events.flatMap((told) => (told.event === 'line' ? [told.data] : []));
}

export function statusOf(events: readonly TailEvent[]): TailStatus | undefined {
  return events.flatMap((told) => (told.event === 'status' ? [told.data] : [])).at(-1);
}
