// How evenly does each hash spread keys, and what does a new key cost? Prints for 4, 16 and 64 members the smallest and
// the largest share, as multiples of an equal one, and microseconds of CPU a key. `bin/node bench/micro/ring.ts [keys]`
import { parseDestination } from '../../src/destination/parse-destination.ts';
import type { DestinationOptions } from '../../src/destination/options.ts';
import { KeyText } from '../../src/table/key-text.ts';
import { HASH_DEFAULTS, type HashRouteType } from '../../src/table/options.ts';
import { HashChoice } from '../../src/table/route/hash-choice.ts';
import { HASH_TYPES } from '../../src/table/route/route-type-options.ts';

const KEYS = Number(process.argv[2] ?? 200_000);

const keys = Array.from({ length: KEYS }, (_, i) =>
  KeyText.fromBytes(Buffer.from(`servers.web${i % 9973}.cpu.${(i * 7919) % 64}.${i.toString(36)}`)),
);

console.log('type | members | smallest | largest | us/key, one copy | two copies');
for (const type of [...HASH_TYPES, 'any_of'] as (HashRouteType | 'any_of')[]) {
  for (const count of [4, 16, 64]) {
    const choice = new HashChoice({ ...HASH_DEFAULTS, destinations: destinations(type, count) }, type);
    const shares = Array.from({ length: count }, () => 0);
    const costUs = measure((text) => (shares[choice.members(text)[0] as number]! += 1));
    const equal = KEYS / count;
    const row = [Math.min(...shares) / equal, Math.max(...shares) / equal, costUs];
    if (type !== 'any_of') {
      const two = new HashChoice(
        { ...HASH_DEFAULTS, replicationFactor: 2, destinations: destinations(type, count) },
        type,
      );
      row.push(measure((text) => void two.members(text)));
    }
    console.log([type, count, ...row.map((number) => number.toFixed(2))].join(' | '));
  }
}

function measure(take: (text: KeyText) => void): number {
  const began = process.cpuUsage();
  for (const text of keys) take(text);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / KEYS;
}

/** Hosts without instances; carbon's fnv1a_ch hashes instances alone. */
function destinations(type: string, count: number): DestinationOptions[] {
  return Array.from({ length: count }, (_, i) => {
    const instance = type === 'carbon_fnv1a_ch' ? `:${((i + 1) * 2_654_435_761).toString(16)}` : '';
    const parsed = parseDestination(`10.0.${i >> 4}.${1 + (i & 15)}:2003${instance}`);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.options;
  });
}
