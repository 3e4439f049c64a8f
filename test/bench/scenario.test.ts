import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RELAYS } from '../../bench/relays.ts';
import { findFaults, type PeerScenario, readScenarios, scenarioFor } from '../../bench/scenario.ts';

const VALID: PeerScenario = {
  name: 'one',
  title: 'One',
  about: 'one',
  kind: 'load',
  table: { kind: 'fanout', destinations: 1 },
  load: { connections: 1, series: 1, blockedSeries: 0, mode: { kind: 'full', lines: 1000 } },
  relays: ['sluice-block', 'carbon-c-relay', 'carbon-relay', 'carbon-relay-ng', 'nanotube', 'haproxy'],
};

test('the scenarios of the bench are valid, and have names of their own', () => {
  const names = readScenarios().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 14);
});

test('a scenario has to say of every program that it runs or why not', () => {
  assert.deepEqual(findFaults(VALID), []);
  const without = { ...VALID, relays: VALID.relays.filter((name) => name !== 'nanotube') };
  assert.deepEqual(findFaults(without), ['it neither runs nanotube nor says why not']);
  assert.deepEqual(findFaults({ ...without, leftOut: { nanotube: 'it is away' } }), []);
});

test('a scenario cannot ask a relay for what it cannot do', () => {
  const faults = findFaults({ ...VALID, table: { kind: 'fanout', destinations: 3 } });
  assert.deepEqual(faults, ['haproxy cannot: it copies bytes to one destination']);
});

test('a scenario names relays, metrics and kinds that there are', () => {
  const faults = findFaults({
    ...VALID,
    relays: ['haproxy', ...VALID.relays, 'nobody'],
    trouble: { mode: 'away', fromSec: 0, seconds: 1 },
    targets: [{ metric: 'cpu', atMost: 1, over: 'c-relay-deep' }],
  });
  assert.deepEqual(faults, [
    'the first relay is not ours',
    'there is no relay nobody',
    'trouble is said, or said of the kind, and not both',
    'c-relay-deep takes no part',
  ]);
});

test('a slow relay gets its share of the lines, the others all of them', () => {
  const scenario = { ...VALID, share: { haproxy: 0.25 }, warmup: [{ kind: 'full', lines: 8000 } as const] };
  const linesOf = (name: string): unknown => {
    const relay = RELAYS.find((one) => one.name === name);
    assert.ok(relay !== undefined);
    const own = scenarioFor(scenario, relay);
    return [own.load.mode, own.warmup?.[0]].map(
      (mode) => mode !== undefined && 'lines' in mode && mode.lines,
    );
  };
  assert.deepEqual(linesOf('haproxy'), [250, 2000]);
  assert.deepEqual(linesOf('nanotube'), [1000, 8000]);
});
