import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH_DEFAULTS, type HashOptions, type HashRouteType } from '../../../src/table/options.ts';
import { HashChoice } from '../../../src/table/route/hash-choice.ts';
import { KeyText } from '../../../src/table/key-text.ts';
import { makeCrngRing } from '../../../src/table/route/ring/crng-ring.ts';
import { makePlacement } from '../../../src/table/route/ring/make-placement.ts';
import { md5Position } from '../../../src/table/route/ring/md5-position.ts';
import { normalizeKey } from '../../../src/table/route/ring/normalized-key.ts';
import { parsedDestinations } from './parsed-destinations.ts';

/** Names the destinations of keys. */
function owners(
  type: HashRouteType,
  addrs: readonly string[],
  keys: readonly string[],
  options: Partial<HashOptions> = {},
): string[] {
  const placement = makePlacement(type, parsedDestinations(...addrs), { ...HASH_DEFAULTS, ...options });
  return keys.map((key) =>
    placement
      .members(Buffer.from(key))
      .map((member) => addrs[member])
      .join(' '),
  );
}

test('positions are those of carbon', () => {
  assert.equal(md5Position(Buffer.from('a.b.c.d')), 54437);
  assert.equal(md5Position(Buffer.from('')), 54301);
});

test('the ring of carbon-relay-ng is that of its own test, COMPAT 8', () => {
  const three = [
    { host: '10.0.0.1', port: 2003, instance: '' },
    { host: '127.0.0.1', port: 2003, instance: 'a' },
    { host: '127.0.0.1', port: 2004, instance: 'b' },
  ];
  const five = [
    ...three,
    { host: '127.0.0.1', port: 2005, instance: 'c' },
    { host: '10.0.0.2', port: 2003, instance: '' },
  ];
  const pointsOf = (members: typeof three): [number, number][] =>
    makeCrngRing(members, 1, 2).points.map(({ position, member }) => [position, member]);
  assert.deepEqual(pointsOf(three), [
    [7885, 1],
    [10461, 2],
    [24043, 1],
    [35540, 0],
    [46982, 0],
    [54295, 2],
  ]);
  const added = pointsOf(five).filter(([, member]) => member > 2);
  assert.deepEqual(added, [
    [6639, 4],
    [24467, 3],
    [52177, 4],
    [53472, 3],
  ]);
  const ring = makeCrngRing(five, 1, 2);
  const ownerOf = (key: string): readonly number[] => ring.members(Buffer.from(key));
  assert.deepEqual(['a.b.c.d', 'a.b.c..d', 'collectd.bar.memory.free'].map(ownerOf), [[4], [1], [3]]);
});

const KEYS = Array.from({ length: 2000 }, (_, i) => `servers.web${i % 97}.cpu.${i}.user`);

test('equal points of consistentHashing belong to the destination that stands first', () => {
  const addrs = ['h:1', 'h:2', 'g:1'];
  const found = owners('consistentHashing', addrs, KEYS);
  assert.deepEqual([...new Set(found)].sort(), ['g:1', 'h:1']);
  assert.deepEqual([...new Set(owners('consistentHashing', ['h:2', 'h:1', 'g:1'], KEYS))].sort(), [
    'g:1',
    'h:2',
  ]);
});

test('in consistentHashing-v2 the second of two on one host gets a sliver, and order counts', () => {
  const found = owners('consistentHashing-v2', ['h:1', 'h:2'], KEYS);
  const second = found.filter((addr) => addr === 'h:2').length;
  assert(second > 0 && second < KEYS.length * 0.01, `${second} keys`);
});

test('every hash spreads keys over all members, and copies go to different ones', () => {
  const addrs = ['10.0.0.1:2003:a', '10.0.0.2:2003:b', '10.0.0.3:2003:c', '10.0.0.4:2003:d'];
  const types: readonly HashRouteType[] = [
    'consistentHashing',
    'consistentHashing-v2',
    'carbon_ch',
    'carbon_fnv1a_ch',
    'fnv1a_ch',
    'jump_fnv1a_ch',
  ];
  for (const type of types) {
    const single = owners(type, addrs, KEYS);
    for (const addr of addrs) {
      const share = single.filter((owner) => owner === addr).length / KEYS.length;
      assert(share > 0.05 && share < 0.6, `${type}: ${addr} has ${share}`);
    }
    for (const [i, owner] of owners(type, addrs, KEYS, { replicationFactor: 3 }).entries()) {
      const copies = owner.split(' ');
      assert.equal(new Set(copies).size, 3, `${type} ${KEYS[i]}`);
      assert.equal(copies[0], single[i], `${type} ${KEYS[i]}`);
    }
  }
});

test('diverse replicas of carbon_ch go to different hosts, or as many as there are', () => {
  const addrs = ['a:1:0', 'a:2:1', 'b:1:0', 'b:2:1'];
  const hostsOf = (owner: string): string[] => owner.split(' ').map((addr) => addr.slice(0, 1));
  for (const owner of owners('carbon_ch', addrs, KEYS, { replicationFactor: 2 })) {
    assert.equal(new Set(hostsOf(owner)).size, 2);
  }
  const three = owners('carbon_ch', addrs, KEYS, { replicationFactor: 3 });
  assert(three.every((owner) => hostsOf(owner).length === 2));
  const plain = owners('carbon_ch', addrs, KEYS, { replicationFactor: 2, diverseReplicas: false });
  assert(plain.some((owner) => new Set(hostsOf(owner)).size === 1));
  assert(plain.every((owner) => new Set(owner.split(' ')).size === 2));
});

test('an instance replaces the address in fnv1a_ch, and sorts the members of jump_fnv1a_ch', () => {
  const named = ['10.0.0.1:2003:4d79d13554fa', '10.0.0.2:2003:0b2c1f9fe968'];
  const moved = ['10.9.9.1:1:4d79d13554fa', '10.9.9.2:2:0b2c1f9fe968'];
  assert.deepEqual(
    owners('fnv1a_ch', named, KEYS).map((addr) => named.indexOf(addr)),
    owners('fnv1a_ch', moved, KEYS).map((addr) => moved.indexOf(addr)),
  );
  assert.deepEqual(
    owners('jump_fnv1a_ch', ['a:1:10', 'b:1:9', 'c:1'], KEYS),
    owners('jump_fnv1a_ch', ['c:1', 'b:1:9', 'a:1:10'], KEYS),
  );
});

test('a key is hashed whole, in its normal form, or by its name alone', () => {
  const destinations = parsedDestinations('a:1', 'b:1', 'c:1', 'd:1');
  const hashedAs = (options: Partial<HashOptions>, key: string): string =>
    new HashChoice({ ...HASH_DEFAULTS, ...options, destinations }, 'carbon_ch').place(
      KeyText.fromBytes(Buffer.from(key)),
    ).hashed;
  assert.equal(hashedAs({}, 'x;b=2;a=1'), 'x;b=2;a=1');
  assert.equal(hashedAs({ tagRelayNormalized: true }, 'x;b=2;a=1'), 'x;a=1;b=2');
  assert.equal(hashedAs({ hashNameOnly: true }, 'x;b=2;a=1'), 'x');
  assert.equal(hashedAs({ hashNameOnly: true }, 'x.y'), 'x.y');
});

test('the normal form of a key is that of carbon', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a.b', 'a.b'],
    ['x;b=2;a=1', 'x;a=1;b=2'],
    ['x;b=2;a=1;b=3', 'x;a=1;b=3'],
    ['x;name=y;a=1', 'x;a=1'],
    ['~~x;a=1', 'x;a=1'],
    ['~x', 'x'],
    ['~;a=1', '~;a=1'],
    ['x;a;b=1', 'x;a;b=1'],
    ['x;=1', 'x;=1'],
    ['x;b=~1;a=1', 'x;b=~1;a=1'],
    ['x;b!=1;a=1', 'x;b!=1;a=1'],
    ['x;a=1;', 'x;a=1;'],
    ['x;a-b=1;a=2', 'x;a-b=1;a=2'],
    ['x.y{b="2",a="1"}', 'x.y;a=1;b=2'],
    ['x.y{b="q\\"q"}', 'x.y;b=q"q'],
    ['x.y{b=2"}', 'x.y{b=2"}'],
    ['x{y{b="2"}', 'x{y{b="2"}'],
    ['{b="2"}', '{b="2"}'],
  ];
  for (const [key, normal] of cases) assert.equal(normalizeKey(key), normal, key);
});
