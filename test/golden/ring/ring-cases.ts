// The rings that are compared with their peers, and the keys they are compared with. Plain data, made the same way each time.
import { HASH_DEFAULTS, type HashOptions, type HashRouteType } from '../../../src/table/options.ts';

/** A ring, and whose answer counts: carbon's own relay or carbon-c-relay. */
export interface RingCase extends HashOptions {
  readonly peer: 'carbon' | 'carbon-c-relay';
  readonly type: HashRouteType | 'any_of';
  /** `host:port` or `host:port:instance`; no two with one host and port. */
  readonly destinations: readonly string[];
}

export const KEY_COUNT = 10_000;

const hosts = (count: number, instance: (i: number) => string = () => ''): string[] =>
  Array.from({ length: count }, (_, i) => `10.${i >> 3}.0.${1 + (i & 7)}:${2003 + i}${instance(i)}`);
const oneHost = (count: number, instance: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => `127.0.0.1:${2103 + i}${instance(i)}`);
/** Hosts with several instances each. */
const racks = (count: number, each: number): string[] =>
  Array.from(
    { length: count * each },
    (_, i) => `10.1.0.${1 + Math.floor(i / each)}:${2003 + i}:${'abcdefgh'[i % each]}`,
  );
const letters = (i: number): string => `:${String.fromCharCode(97 + i)}`;
const numbers = (i: number): string => `:${i * 7}`;
const digests = (i: number): string => `:${((i + 1) * 2654435761).toString(16)}`;

const HASH = HASH_DEFAULTS;
const carbon = (
  type: RingCase['type'],
  destinations: readonly string[],
  options: Partial<HashOptions> = {},
) => ({
  ...HASH,
  peer: 'carbon' as const,
  type,
  destinations,
  ...options,
});
const cRelay = (type: RingCase['type'], destinations: readonly string[], replicationFactor = 1) => ({
  ...HASH,
  peer: 'carbon-c-relay' as const,
  type,
  destinations,
  replicationFactor,
});

export const RING_CASES: readonly RingCase[] = [
  carbon('carbon_ch', hosts(2)),
  carbon('carbon_ch', oneHost(4, letters)),
  carbon('carbon_ch', ['graphite-a.example.com:2004', 'graphite-b.example.com:2004', '[2001:db8::1]:2004:x']),
  carbon('carbon_ch', racks(3, 2), { replicationFactor: 2 }),
  carbon('carbon_ch', racks(3, 2), { replicationFactor: 3, diverseReplicas: false }),
  carbon('carbon_ch', racks(2, 4), { replicationFactor: 3 }),
  carbon('carbon_ch', hosts(16), { replicationFactor: 1, tagRelayNormalized: true }),
  carbon('carbon_ch', hosts(64), { replicationFactor: 2 }),
  carbon('carbon_fnv1a_ch', oneHost(4, digests)),
  carbon('carbon_fnv1a_ch', hosts(3)),
  carbon('carbon_fnv1a_ch', racks(4, 2), { replicationFactor: 2 }),
  carbon('carbon_fnv1a_ch', hosts(16, digests), { replicationFactor: 3, diverseReplicas: false }),
  carbon('carbon_fnv1a_ch', hosts(5, letters), { tagRelayNormalized: true }),
  cRelay('consistentHashing', hosts(2)),
  cRelay('consistentHashing', oneHost(4, letters)),
  cRelay('consistentHashing', racks(4, 3), 3),
  cRelay('consistentHashing', hosts(30), 2),
  cRelay('fnv1a_ch', hosts(2)),
  cRelay(
    'fnv1a_ch',
    oneHost(4, () => ''),
    2,
  ),
  cRelay('fnv1a_ch', hosts(5, digests)),
  cRelay(
    'fnv1a_ch',
    hosts(16, (i) => (i % 3 === 0 ? letters(i) : '')),
    3,
  ),
  cRelay('fnv1a_ch', hosts(30)),
  cRelay('jump_fnv1a_ch', hosts(2)),
  cRelay('jump_fnv1a_ch', hosts(5), 2),
  cRelay(
    'jump_fnv1a_ch',
    hosts(12, (i) => numbers(11 - i)),
    3,
  ),
  cRelay(
    'jump_fnv1a_ch',
    hosts(9, (i) => (i % 2 === 0 ? `:n${9 - i}` : '')),
    4,
  ),
  cRelay('jump_fnv1a_ch', hosts(30)),
  cRelay('any_of', hosts(3)),
  cRelay('any_of', hosts(8)),
];

/** The keys: everyday ones, tagged ones (in and out of order, twice, hardly valid), and odd ones. All are valid UTF-8. */
export function makeKeys(count = KEY_COUNT): string[] {
  const random = makeRandom(20_240_229);
  const pick = <T>(from: readonly T[]): T => from[random() % from.length] as T;
  const word = (): string => pick(['cpu', 'disk', 'net', 'Mem', 'load', 'x', 'web-front', 'a_b', 'käse', '']);
  const tag = (): string =>
    `;${pick(['dc', 'host', 'role', 'az', 'name', 'Z', '~t'])}=${pick(['eu', 'us-1', `h${random() % 5000}`, 'Ü', 'a.b', '~no'])}`;
  const forms: readonly (() => string)[] = [
    () => `servers.${pick(['web', 'db', 'cache'])}${random() % 900}.${word()}.${random() % 64}.user`,
    () => `stats.timers.${word()}.${word()}.upper_${random() % 100}`,
    () => `${word()}.${random() % 100_000}`,
    () => `disk.used${tag()}${tag()}`,
    () => `app.requests${tag()}${tag()}${tag()}${tag()}`,
    () => `${pick(['~', '~~', '.', '..'])}${word()}${random() % 999}${tag()}`,
    () =>
      `prom.http{${pick(['code', 'job'])}="${random() % 600}",${pick(['a', 'z'])}="${pick(['x', 'q\\"q', ''])}"}`,
    () =>
      String.fromCodePoint(
        ...Array.from({ length: 1 + (random() % 5) }, () => pick([33, 65, 97, 126, 233, 8364, 128_512])),
        46,
        48 + (random() % 10),
      ),
    () => `${'long.'.repeat(1 + (random() % 90))}${random() % 1000}`,
    () => `prod.${random() % 7}.app${random() % 1500}.p${random() % 100}`,
  ];
  return Array.from({ length: count }, (_, i) => (forms[i % forms.length] as () => string)());
}

/** A small generator (mulberry32), so that keys never depend on a library. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
