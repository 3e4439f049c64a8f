// Groups in a table that changes: every output id of a plan leads to a destination of its own route, and nobody waits for
// a group that is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { Routing } from '../../src/relay/routing.ts';
import { assertConserved } from '../assert-conserved.ts';
import { loadGood } from '../config/load-text.ts';
import { FakeClock } from '../destination/fake-clock.ts';
import { FakeNetwork } from '../destination/fake-network.ts';
import { collectLog } from '../destination/rig.ts';

const LEVELS = { legacy: 'medium', m20: 'medium' } as const;

function makeRouting() {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const logged: string[] = [];
  const engine = { setResolve: () => undefined } as unknown as Engine;
  const routing = new Routing(
    { levels: LEVELS, removalMs: 1000 },
    {
      engine,
      clock,
      aggregation: { apply: () => undefined, slotOf: () => 0 },
      destination: {
        clock,
        log: collectLog(logged),
        random: () => 0.5,
        connect: network.connect,
        lookup: (_host, done) => done(undefined, ['10.0.0.9']),
        files: systemFiles,
        afterTurn: () => undefined,
        pool: new SlabPool(),
        budget: new QueueBudget(),
      },
    },
  );
  return { routing, clock, network, logged };
}

interface Wanted {
  readonly type: string;
  readonly ports: readonly number[];
}

function tableOf(routes: readonly Wanted[], options = ''): ReturnType<typeof loadGood>['table'] {
  const text = routes.map(({ type, ports }, i) => {
    const list = ports.map((port) => `"10.0.0.1:${port}:p${port}${options}"`).join(', ');
    return `[[route]]\nkey = "r${i}"\ntype = "${type}"\ndestinations = [${list}]\n`;
  });
  return loadGood(text.join('')).table;
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  type: fc.constantFrom('sendAllMatch', 'carbon_ch', 'failover', 'any_of', 'round_robin'),
  ports: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 }),
});

test('whatever tables follow each other, lines of a route go to its own destinations, in the number its type says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(wanted, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      (tables) => {
        const { routing } = makeRouting();
        for (const routes of tables) {
          routing.apply(tableOf(routes));
          const before = new Map(routing.destinations.map((one) => [one, one.counts.in]));
          const plan = routing.snapshot?.resolve(Buffer.from('a.b.c'));
          assert(plan?.kind === 'route');
          const expected = routes.reduce(
            (sum, { type, ports }) => sum + (type === 'sendAllMatch' ? ports.length : 1),
            0,
          );
          assert.equal(plan.outputs.length, expected);
          for (const id of plan.outputs) routing.outputOf(id)?.push(Buffer.from('a.b.c 1 2\n'), 1, true);
          for (const [index, { type, ports }] of routes.entries()) {
            const grown = routing.destinations
              .filter(({ routeKey }) => routeKey === `r${index}`)
              .map((one) => one.counts.in - (before.get(one) ?? 0));
            assert.equal(grown.length, ports.length);
            assert.equal(
              grown.reduce((sum, count) => sum + count, 0),
              type === 'sendAllMatch' ? ports.length : 1,
            );
          }
        }
        routing.stop();
        for (const row of routing.rows()) assertConserved(row);
      },
    ),
    { numRuns: 100 },
  );
});

test('a sender that waits for a group goes on when the table changes, and the switch of a failover is logged', () => {
  const { routing, network, logged } = makeRouting();
  const options = ' when_full=block queue_bytes=100 spool=false';
  routing.apply(tableOf([{ type: 'failover', ports: [1, 2] }], options));
  for (const socket of network.sockets) socket.accept();
  const id = (): number => {
    const plan = routing.snapshot?.resolve(Buffer.from('a'));
    assert(plan?.kind === 'route');
    return plan.outputs[0]!;
  };
  const line = Buffer.from(`a ${'1'.repeat(200)} 2\n`);
  const group = routing.outputOf(id());
  assert.equal(group?.push(line, 1, true), false);
  let resumed = 0;
  group?.whenWritable(() => (resumed += 1));
  assert.equal(resumed, 0);
  routing.apply(tableOf([{ type: 'failover', ports: [1, 2, 3] }], options));
  assert.equal(resumed, 1);
  assert.notEqual(routing.outputOf(id()), group);
  assert.equal(routing.outputOf(id())?.push(line, 1, true), false);
  routing.outputOf(id())?.whenWritable(() => (resumed += 1));
  assert.equal(resumed, 1);
  network.sockets[0]?.fail();
  assert.equal(resumed, 2);
  assert(
    logged.some((text) => text.endsWith('route "r0" fails over from r0_10_0_0_1_1_p1 to r0_10_0_0_1_2_p2')),
  );
  routing.stop();
  for (const row of routing.rows()) assertConserved(row);
});
