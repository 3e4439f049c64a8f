// Random changes of random configs: what is written is read as the table that was wanted, in place but for a few.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDestination } from '../../../src/destination/parse-destination.ts';
import type { DestinationOptions } from '../../../src/destination/options.ts';
import { applyOperation, type Operation } from '../../../src/table/operation.ts';
import {
  type AggregatorFunction,
  type AggregatorOptions,
  HASH_DEFAULTS,
  type MatcherOptions,
  type RouteOptions,
  type TableOptions,
} from '../../../src/table/options.ts';
import { TableError } from '../../../src/table/table-error.ts';
import { snapshot } from '../../table/table-options.ts';
import { ConfigFolder } from './config-folder.ts';

const ROUNDS = Number(process.env['SLUICE_REWRITE_ROUNDS'] ?? 60);
const STEPS = 12;
const seed = Number(process.env['SLUICE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Mulberry32. */
class Dice {
  #state: number;

  constructor(state: number) {
    this.#state = state;
  }

  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % count;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  chance(of: number): boolean {
    return this.below(of) === 0;
  }
}

const TAGS = ['dc=eu', 'role!=~^x$', 'name=~q'];
const TEXTS = ['a.', 'b', "it's", '$HOST', '${1}x', '"', '\\.', 'é', '#', "''", 'a b', '${HOST}', 'x', 'y'];

function matcher(dice: Dice): MatcherOptions {
  const result: Record<string, string> = {};
  for (const name of ['prefix', 'notPrefix', 'sub', 'notSub', 'regex', 'notRegex']) {
    if (dice.chance(3)) result[name] = dice.pick(TEXTS);
  }
  return { ...result, ...(dice.chance(4) && { tags: [...TAGS.filter(() => dice.chance(2)), 'a=b'] }) };
}

function aggregator(dice: Dice): AggregatorOptions {
  const functions: AggregatorFunction[] = ['sum', 'p95', 'percentiles'];
  return {
    matcher: { ...matcher(dice), regex: dice.pick(TEXTS) },
    outputs: Array.from({ length: 1 + dice.below(3) }, () => ({
      function: dice.pick(functions),
      format: dice.pick(TEXTS),
    })),
    intervalSec: 1 + dice.below(5),
    waitSec: dice.below(9),
    dropRaw: dice.chance(2),
    cache: dice.chance(2),
    late: dice.pick(['count', 'amend']),
    timestamp: dice.pick(['start', 'middle', 'end']),
  };
}

function destination(dice: Dice): DestinationOptions {
  const words = [
    'flush=5',
    'spool=true',
    'spool=false',
    'regex=^a$',
    'prefix=$HOST',
    'tags=a=b;c!=d',
    'when_full=block',
    'iobuf=9',
  ];
  const options = words.filter(() => dice.chance(4)).join(' ');
  const parsed = parseDestination(`h${dice.below(4)}:${1 + dice.below(3)} ${options}`);
  assert.ok(parsed.ok);
  return parsed.options;
}

function route(dice: Dice): RouteOptions {
  const isHash = dice.chance(4);
  return {
    ...HASH_DEFAULTS,
    ...(isHash && { replicationFactor: 1 + dice.below(2), diverseReplicas: false, tagRelayNormalized: true }),
    key: dice.pick(['r', 's', 't', 'u', 'v w', '']),
    type: isHash ? 'carbon_ch' : dice.pick(['sendAllMatch', 'sendFirstMatch', 'failover']),
    matcher: matcher(dice),
    stop: dice.chance(3),
    destinations: Array.from({ length: 1 + dice.below(3) }, () => destination(dice)),
  };
}

function operation(dice: Dice, table: TableOptions): Operation {
  const { blocklist, rewriters, aggregators, routes } = table;
  const key = routes.length === 0 ? 'r' : dice.pick(routes).key;
  const of = routes.find((one) => one.key === key)?.destinations.length ?? 1;
  switch (dice.below(13)) {
    case 0:
    case 1:
      return { kind: 'addRoute', route: route(dice) };
    case 2:
      return { kind: 'delRoute', key };
    case 3:
      if (dice.chance(4)) return { kind: 'addBlock', matcher: { tags: [dice.pick(TAGS)] } };
      return { kind: 'addBlock', matcher: { [dice.pick(['prefix', 'sub', 'regex'])]: dice.pick(TEXTS) } };
    case 4:
      return { kind: 'delBlock', index: dice.below(blocklist.length + 1) };
    case 5: {
      const [old, text] = [dice.pick(TEXTS), dice.pick(TEXTS)];
      return {
        kind: 'addRewriter',
        rewriter: {
          old,
          new: text,
          not: dice.pick(['', 'q']),
          max: dice.below(3) - 1,
          ...(dice.chance(3) && { tag: 'dc' }),
        },
      };
    }
    case 6:
      return { kind: 'delRewriter', index: dice.below(rewriters.length + 1) };
    case 7:
      return { kind: 'modRoute', key, matcher: { ...matcher(dice), prefix: '' } };
    case 8:
      return { kind: 'addDest', key, destination: destination(dice) };
    case 9:
      return { kind: 'addAgg', aggregator: aggregator(dice) };
    case 10:
      return { kind: 'delAgg', index: dice.below(aggregators.length + 1) };
    case 11:
      return { kind: 'delDest', key, index: dice.below(of) };
    default: {
      const { flush, regex, iobuf } = destination(dice);
      return { kind: 'modDest', key, index: dice.below(of), change: { flush, regex, iobuf } };
    }
  }
}

/** What does not compile is never in force. */
function compiles(table: TableOptions): boolean {
  try {
    snapshot(table);
    return true;
  } catch (error) {
    if (error instanceof TableError) return false;
    throw error;
  }
}

function startText(dice: Dice): string {
  const routes = Array.from(
    { length: dice.below(4) },
    (
      _,
      n,
    ) => `# route ${n}\n[[route]]\nkey = "${n}"\n  type = "sendAllMatch" # all\nsubstr = "$HOST"\ndestinations = [
  # the first
  "h:${n + 1}", "h:9",
]\n`,
  );
  const lists = [
    '',
    'blocklist = []\n',
    'blocklist = ["prefix x.", "sub y"]\n',
    'blacklist = [\n  "prefix z.", # z\n]\n',
  ];
  const init = [
    '',
    '[init]\ncmds = ["addBlock prefix q."]\n',
    "[init]\ncmds = [\n'addRoute sendAllMatch c  h:1'\n]\n",
  ];
  return `# top\ninstance = "i"\n${dice.pick(lists)}\n${dice.pick(init)}${routes.join('\n')}${dice.pick(['', '# the end', '\n[amqp]\namqp_port = 5'])}`;
}

test(`what is written makes the table that is wanted (SLUICE_SEED=${seed})`, () => {
  let inPlace = 0;
  let others = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const dice = new Dice(seed + round);
    const text = startText(dice).replaceAll('\n', dice.chance(4) ? '\r\n' : '\n');
    const include = dice.chance(3) ? 'include = ["d/*.toml"]\n' : '';
    const folder = new ConfigFolder({
      'c.toml': include + text,
      'd/a.toml': startText(dice)
        .replace('instance = "i"', '')
        .replace(/\[amqp\][^]*/, ''),
    });
    let { table } = folder.load();
    for (let step = 0; step < STEPS; step += 1) {
      const applied = applyOperation(table, operation(dice, table));
      if (!applied.ok || !compiles(applied.table)) continue;
      const what = `seed ${seed}, round ${round}, step ${step}`;
      const before = new Map(folder.files);
      const rewrite = folder.rewrite(applied.table);
      if (rewrite.kind === 'inPlace') {
        inPlace += 1;
        table = applied.table;
        assert.deepEqual(folder.load().table, table, what);
        assert.ok([...folder.files.values()].join('').includes('# top'), what);
        continue;
      }
      others += 1;
      assert.deepEqual(folder.files, before, what);
      if (rewrite.kind === 'beside') {
        const beside = new ConfigFolder({ 'c.toml': rewrite.text });
        assert.deepEqual(beside.load().table, applied.table, what);
      }
      if (process.env['SLUICE_SHOW'] !== undefined) console.log(rewrite.kind, rewrite.why);
    }
  }
  assert.ok(inPlace > 20 * others, `${inPlace} in place, ${others} not`);
});
