// Which changes of a table make the engine resolve every series anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import type { Resolve } from '../../src/metric/plan.ts';
import { Routing } from '../../src/relay/routing.ts';
import type { TableOptions } from '../../src/table/options.ts';
import { TableError } from '../../src/table/table-error.ts';
import { silentLog } from '../../src/util/log.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { FakeNetwork } from '../destination/fake-network.ts';
import { rewriter, route } from '../table/table-options.ts';

/** A routing that counts how often every series had to be resolved anew. */
function rig() {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const state = { resolves: [] as Resolve[], aggregated: 0 };
  const engine = { setResolve: (resolve: Resolve) => void state.resolves.push(resolve) };
  const routing = new Routing(
    { levels: { legacy: 'none', m20: 'none' }, removalMs: 1000 },
    {
      engine: engine as unknown as ConstructorParameters<typeof Routing>[1]['engine'],
      clock,
      aggregation: { apply: () => void (state.aggregated += 1), slotOf: () => 0 },
      destination: {
        clock,
        log: silentLog,
        random: () => 1,
        connect: network.connect,
        lookup: (_host, done) => done(undefined, ['10.0.0.9']),
        files: systemFiles,
        pool: new SlabPool(),
        budget: new QueueBudget(),
        afterTurn: () => {},
      },
    },
  );
  return { routing, state, network };
}

function table(addr: string, more: Partial<TableOptions> = {}): TableOptions {
  const parsed = parseDestination(addr);
  assert.ok(parsed.ok);
  const routes = [route({ destinations: [parsed.options] })];
  return { blocklist: [], rewriters: [], aggregators: [], routes, ...more };
}

test('a change that no plan depends on leaves every series as it is resolved', () => {
  const { routing, state, network } = rig();
  routing.apply(table('10.0.0.1:1'));
  assert.equal(state.resolves.length, 1);
  routing.apply(table('10.0.0.1:1 flush=5 queue_bytes=7'));
  assert.equal(state.resolves.length, 1);
  assert.equal(state.aggregated, 1);
  assert.equal(routing.destinations[0]?.options.flush, 5);
  assert.equal(network.sockets.length, 1);
  routing.stop();
});

test('a change that plans depend on resolves every series anew', () => {
  const { routing, state, network } = rig();
  routing.apply(table('10.0.0.1:1'));
  const changes = [
    table('10.0.0.1:1 prefix=a'),
    table('10.0.0.1:1 prefix=a', { blocklist: [{ prefix: 'x' }] }),
    table('10.0.0.1:1 prefix=a', { rewriters: [rewriter({ old: 'x' })] }),
    { ...table('10.0.0.1:1'), routes: [route({ ...table('10.0.0.1:1').routes[0], stop: true })] },
  ];
  for (const change of changes) routing.apply(change);
  assert.equal(state.resolves.length, 1 + changes.length);
  assert.equal(network.sockets.length, 1);
  routing.apply(table('10.0.0.2:1'));
  assert.equal(state.resolves.length, 2 + changes.length);
  assert.equal(network.sockets.length, 2);
  const plan = state.resolves.at(-1)?.(Buffer.from('a.b'), true);
  assert.deepEqual(plan, { kind: 'route', outputs: [1] });
  routing.stop();
});

test('nothing is changed once the destinations drain', () => {
  const { routing, network } = rig();
  routing.apply(table('10.0.0.1:1'));
  void routing.drain(0);
  assert.throws(() => routing.apply(table('10.0.0.2:1')), TableError);
  assert.equal(network.sockets.length, 1);
  routing.stop();
});
