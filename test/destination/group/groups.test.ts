import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnyOfOutput } from '../../../src/destination/group/any-of-output.ts';
import { KeyCutter } from '../../../src/destination/group/cut-by-key.ts';
import { FailoverOutput } from '../../../src/destination/group/failover-output.ts';
import { RoundRobinOutput } from '../../../src/destination/group/round-robin-output.ts';
import { type FakeMember, keysOf, makeMembers, push } from './fake-member.ts';

const KEYS = Array.from({ length: 3000 }, (_, i) => `servers.web${i % 83}.cpu.${i}`);

test('failover takes the first that is there, goes back when it returns, and waits at the first when none is', () => {
  const members = makeMembers(3);
  const [a, b, c] = members as [FakeMember, FakeMember, FakeMember];
  const output = new FailoverOutput(members);
  push(output, ['one']);
  a.available = false;
  push(output, ['two']);
  b.available = false;
  push(output, ['three']);
  c.available = false;
  push(output, ['four']);
  c.available = true;
  a.available = true;
  push(output, ['five']);
  assert.deepEqual(members.map(keysOf), [['one', 'four', 'five'], ['two'], ['three']]);
});

test('a sender that waits for a member goes on when that member goes and another is there', () => {
  const members = makeMembers(2);
  const [a, b] = members as [FakeMember, FakeMember];
  const output = new FailoverOutput(members);
  a.full = true;
  assert.equal(push(output, ['x']), false);
  let resumed = 0;
  output.whenWritable(() => (resumed += 1));
  output.livenessChanged();
  assert.equal(resumed, 0);
  a.available = false;
  output.livenessChanged();
  assert.equal(resumed, 1);
  b.full = true;
  output.whenWritable(() => (resumed += 1));
  a.available = true;
  for (let i = 0; i < 10; i += 1) output.livenessChanged();
  assert.equal(resumed, 1);
  assert.equal(a.waiters, 1, 'each member owes one callback, however often things change');
  a.empty();
  assert.equal(resumed, 2);
  b.empty();
  assert.equal(resumed, 2);
});

test('whoever waits for a group goes on when the table has another instead', () => {
  const [a] = makeMembers(1) as [FakeMember];
  const output = new FailoverOutput([a]);
  a.full = true;
  let resumed = 0;
  output.whenWritable(() => (resumed += 1));
  output.whenWritable(() => (resumed += 1));
  output.close();
  assert.equal(resumed, 2);
});

test('round_robin gives each member the same number of lines, within a push and over pushes, each line once in order', () => {
  const members = makeMembers(3);
  const output = new RoundRobinOutput(members);
  let sent = 0;
  for (const size of [1, 1, 1, 7, 2, 100, 1, 50, 3, 1000, 5]) {
    push(output, KEYS.slice(sent, sent + size));
    sent += size;
    const counts = members.map(({ lines }) => lines.length);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, `${counts.join()} after ${sent}`);
  }
  const got = members.flatMap(keysOf);
  assert.deepEqual(new Set(got), new Set(KEYS.slice(0, sent)));
  assert.equal(got.length, sent);
  const place = new Map(KEYS.map((key, i) => [key, i]));
  for (const member of members) {
    const places = keysOf(member).map((key) => place.get(key) ?? -1);
    assert.deepEqual(
      places,
      places.toSorted((x, y) => x - y),
    );
  }
});

test('round_robin leaves out who is away, starts no rush on who comes back, and deals on when all are away', () => {
  const members = makeMembers(3);
  const [a, b, c] = members as [FakeMember, FakeMember, FakeMember];
  const output = new RoundRobinOutput(members);
  b.available = false;
  for (let i = 0; i < 300; i += 1) push(output, [`k${i}`]);
  assert.deepEqual(
    members.map(({ lines }) => lines.length),
    [150, 0, 150],
  );
  b.available = true;
  for (let i = 0; i < 300; i += 1) push(output, [`k${i}`]);
  assert.deepEqual(
    members.map(({ lines }) => lines.length),
    [250, 100, 250],
  );
  for (const member of members) member.available = false;
  push(output, KEYS.slice(0, 300));
  assert.deepEqual(
    members.map(({ lines }) => lines.length),
    [350, 200, 350],
  );
  a.full = true;
  assert.equal(push(output, KEYS.slice(0, 3)), false);
  let resumed = 0;
  output.whenWritable(() => (resumed += 1));
  assert.equal(resumed, 0);
  a.available = true;
  c.available = true;
  a.empty();
  assert.equal(resumed, 1);
});

test('any_of spreads the share of a dead member evenly, and each key stays where it is while that member lives', () => {
  const members = makeMembers(5);
  const cutter = new KeyCutter();
  const slot = new AnyOfOutput(members, 1, cutter);
  const ownersNow = (): Map<string, string> => {
    for (const member of members) member.lines.length = 0;
    // In pieces, so that what runs are cut from differs.
    for (let i = 0; i < KEYS.length; i += 700) push(slot, KEYS.slice(i, i + 700));
    return new Map(members.flatMap((member) => keysOf(member).map((key) => [key, member.key])));
  };
  assert.deepEqual([...new Set(ownersNow().values())], ['m1']);
  members[1]!.available = false;
  const spread = ownersNow();
  assert.equal(spread.size, KEYS.length);
  const counts = members.map(({ lines }) => lines.length);
  assert.equal(counts[1], 0);
  for (const index of [0, 2, 3, 4]) {
    assert(Math.abs(counts[index]! - KEYS.length / 4) < KEYS.length * 0.04, counts.join());
  }
  members[3]!.available = false;
  const further = ownersNow();
  for (const [key, owner] of spread) if (owner !== 'm3') assert.equal(further.get(key), owner, key);
  members[3]!.available = true;
  assert.deepEqual(ownersNow(), spread);
  for (const member of members) member.available = false;
  assert.deepEqual([...new Set(ownersNow().values())], ['m1']);
});

test('lines of a key keep their order when they are cut', () => {
  const members = makeMembers(3);
  const slot = new AnyOfOutput(members, 0, new KeyCutter());
  members[0]!.available = false;
  const keys = Array.from({ length: 900 }, (_, i) => `k${i % 30}`);
  const bytes = Buffer.from(keys.map((key, i) => `${key} ${i} 2\n`).join(''));
  slot.push(bytes, keys.length, true);
  const seen = new Map<string, number>();
  for (const line of members.flatMap(({ lines }) => lines)) {
    const [key = '', value = ''] = line.split(' ');
    assert(Number(value) > (seen.get(key) ?? -1), line);
    seen.set(key, Number(value));
  }
  assert.equal(members[1]!.lines.length + members[2]!.lines.length, 900);
});
