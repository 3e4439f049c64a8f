import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionSlots, type ConnectionSlotsOptions } from '../../src/input/connection-slots.ts';
import { parseLimits, readDescriptorLimit } from '../../src/input/descriptor-limit.ts';

function makeSlots(options: Partial<ConnectionSlotsOptions>): ConnectionSlots {
  const defaults = { connectionsMax: 0, descriptorLimit: 1000, descriptorReserve: 100, descriptorsOpen: 20 };
  return new ConnectionSlots({ ...defaults, ...options });
}

test('without a bound the descriptors that are left count, less the reserve', () => {
  assert.equal(makeSlots({}).max, 880);
  assert.equal(makeSlots({ connectionsMax: 10 }).max, 10);
  assert.equal(makeSlots({ connectionsMax: 10_000 }).max, 880);
  assert.equal(makeSlots({ descriptorLimit: Number.POSITIVE_INFINITY }).max, Number.POSITIVE_INFINITY);
});

test('a tiny limit is not all reserve', () => {
  assert.equal(makeSlots({ descriptorLimit: 80 }).max, 40);
  assert.equal(makeSlots({ descriptorLimit: 8 }).max, 1);
});

test('a high descriptor says that others took them, however few connections there are', () => {
  const slots = makeSlots({});
  assert.equal(slots.take(21), 878);
  assert.equal(slots.take(899), 0);
  slots.cap();
  assert.equal(slots.free, 0);
  slots.give();
  assert.equal(slots.free, 1);
  slots.lift();
  assert.equal(slots.free, 879);
});

test('slots that are given back can be taken again', () => {
  const slots = makeSlots({ connectionsMax: 2 });
  assert.equal(slots.take(-1), 1);
  assert.equal(slots.take(-1), 0);
  assert.match(slots.boundName, /^max_connections = 2$/);
  slots.give();
  assert.equal(slots.free, 1);
  assert.match(slots.boundName, /1000 file descriptors/);
});

test('the limit of descriptors is read from the running process', () => {
  assert.equal(
    parseLimits('Max processes 1 1 p\nMax open files            1024                 4096     files\n'),
    1024,
  );
  assert.equal(parseLimits('Max open files   unlimited unlimited files\n'), Number.POSITIVE_INFINITY);
  assert.equal(parseLimits(''), undefined);
  assert.ok(readDescriptorLimit() > 20);
});
