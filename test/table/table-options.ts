// Builders of table options for tests: what is not named has the value of an option that was not written.
import { isDeepStrictEqual } from 'node:util';
import type { DestinationOptions } from '../../src/destination/options.ts';
import type { Plan } from '../../src/metric/plan.ts';
import {
  type AggregatorOptions,
  HASH_DEFAULTS,
  type RewriterOptions,
  type RouteOptions,
  type TableOptions,
} from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';

/** A destination without conditions unless given. */
export function destination(options: Partial<DestinationOptions> = {}): DestinationOptions {
  return {
    addr: '127.0.0.1:2003',
    address: { protocol: 'tcp', host: '127.0.0.1', port: 2003, instance: '' },
    prefix: '',
    notPrefix: '',
    sub: '',
    notSub: '',
    regex: '',
    notRegex: '',
    tags: [],
    flush: 1000,
    reconn: 10_000,
    pickle: false,
    spool: undefined,
    connbuf: undefined,
    iobuf: 2_000_000,
    spoolbuf: 10_000,
    spoolmaxbytes: 0,
    spoolMaxAgeMs: 0,
    spoolFull: 'oldest',
    order: 'live_first',
    durability: undefined,
    replayRate: 0,
    writeTimeoutMs: 120_000,
    maxConnAgeMs: 0,
    spoolmaxbytesperfile: 209_715_200,
    spoolsyncevery: 10_000,
    spoolsyncperiod: 1000,
    spoolsleep: 500,
    unspoolsleep: 10,
    whenFull: 'block',
    queueBytes: 1 << 20,
    redoBytes: 0,
    redoAgeMs: 0,
    connectTimeoutMs: 1000,
    rotateBytes: 0,
    rotateMs: 0,
    gzip: false,
    fsync: false,
    ...options,
  };
}

/** A sendAllMatch route to one destination that takes everything, unless given otherwise. */
export function route(options: Partial<RouteOptions> = {}): RouteOptions {
  return {
    ...HASH_DEFAULTS,
    key: 'r',
    type: 'sendAllMatch',
    matcher: {},
    stop: false,
    destinations: [destination()],
    ...options,
  };
}

/** A rewriter of all occurrences unless given otherwise. */
export function rewriter(options: Partial<RewriterOptions>): RewriterOptions {
  return { old: '', new: '', not: '', max: -1, ...options };
}

/** A snapshot in which output ids count the destinations from 0 (100 a route), slots from 0, and every key is valid. */
export function snapshot(
  options: Partial<TableOptions>,
  validateKey: (key: Uint8Array) => string | undefined = () => undefined,
): Snapshot {
  const table: TableOptions = { blocklist: [], rewriters: [], aggregators: [], routes: [], ...options };
  const slots: SlotName[] = [];
  const compiled = Snapshot.compile(table, {
    outputOf: (r, d) => r * 100 + d,
    slotOf: (aggregator, family, text) => {
      const known = slots.findIndex((s) => isDeepStrictEqual(s, { aggregator, family, text }));
      return known >= 0 ? known : slots.push({ aggregator, family, text }) - 1;
    },
    validateKey,
  });
  SLOTS.set(compiled, slots);
  return compiled;
}

interface SlotName {
  readonly aggregator: number;
  readonly family: number;
  readonly text: string | undefined;
}

const SLOTS = new WeakMap<Snapshot, SlotName[]>();

/** Names the results of a plan's slots: the place of the aggregator and the key, or `bad`; sorted. */
export function slotNames(compiled: Snapshot, plan: Plan): string[] {
  const names = (plan.values ?? []).flatMap((slot) => {
    const { aggregator, family, text } = (SLOTS.get(compiled) ?? [])[slot] as SlotName;
    const outputs = compiled.aggregators[aggregator]?.families[family]?.outputs ?? [];
    return outputs.map(({ before, after }) => {
      if (text === undefined) return `${aggregator} bad`;
      return `${aggregator} ${Buffer.from(before + text + after, 'latin1').toString()}`;
    });
  });
  return names.toSorted();
}

/** Sums of everything into one series, unless given otherwise. */
export function aggregator(options: Partial<AggregatorOptions> = {}): AggregatorOptions {
  return {
    matcher: { regex: '.*' },
    outputs: [{ function: 'sum', format: 'total' }],
    intervalSec: 10,
    waitSec: 20,
    dropRaw: false,
    cache: false,
    late: 'count',
    timestamp: 'start',
    ...options,
  };
}

/** What becomes of a key, as text: `[outputs]`, `[outputs] newkey`, `consumed`, `reason` or `reason: text`; `+slots` behind. */
export function resolved(table: Snapshot, key: string | Uint8Array): string {
  const plan = table.resolve(typeof key === 'string' ? Buffer.from(key) : key);
  const slots = plan.values === undefined ? '' : ` +${plan.values.join()}`;
  if (plan.kind === 'drop')
    return (plan.text === undefined ? plan.reason : `${plan.reason}: ${plan.text}`) + slots;
  if (plan.kind === 'consume') return `consumed${slots}`;
  const outputs = `[${plan.outputs.join(' ')}]`;
  return (
    (plan.key === undefined ? outputs : `${outputs} ${Buffer.from(plan.key).toString('latin1')}`) + slots
  );
}
