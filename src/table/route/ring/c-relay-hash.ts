// The hashes of carbon-c-relay that are its own: `fnv1a_ch`, a ring over host and port, and `jump_fnv1a_ch`, which has no
// ring but an order of members. Its `any_of` hashes as `fnv1aMember` says.
import { fnv1a32Signed, fnv1a64Signed, fold16 } from './fnv1a.ts';
import { compareText, rankMembers } from './crng-ring.ts';
import { giveToFirst, PointRing, type Point, POINTS_PER_MEMBER, walkDistinct } from './point-ring.ts';
import type { Placement, RingMember } from './placement.ts';

/**
 * Builds the ring of `fnv1a_ch`: points hash `<i>-<host>:<port>`, with an instance only `<i>-<instance>`. Points that
 * share a place belong to the member that sorts first by host and port.
 */
export function makeFnvRing(members: readonly RingMember[], replicationFactor: number): PointRing {
  const position = (text: Uint8Array): number => fold16(fnv1a32Signed(text));
  const points: Point[] = members.flatMap(({ host, port, instance }, member) => {
    const name = instance === '' ? `${host}:${port}` : instance;
    return Array.from({ length: POINTS_PER_MEMBER }, (_, i) => {
      return { position: position(Buffer.from(`${i}-${name}`)), member };
    });
  });
  const ranks = rankMembers(members, (a, b) => compareText(a.host, b.host) || a.port - b.port);
  points.sort((a, b) => a.position - b.position || (ranks[a.member] as number) - (ranks[b.member] as number));
  return new PointRing(giveToFirst(points), position, (all, start) =>
    walkDistinct(all, start, replicationFactor),
  );
}

/** The member of an `any_of` among `count`, when all are alive. */
export function fnv1aMember(key: Uint8Array, count: number): number {
  return fnv1a32Signed(key) % count;
}

const MASK_64 = (1n << 64n) - 1n;

/**
 * The jump hash over 64-bit FNV-1a (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm"). Members
 * with an instance come first, sorted by it: as numbers if both are, else as text; the others follow in their order.
 * For a copy the hash is stirred and the member taken is replaced by the last of the list, which becomes shorter.
 */
export class JumpHash implements Placement {
  readonly #order: readonly number[];
  readonly #replicationFactor: number;

  constructor(members: readonly RingMember[], replicationFactor: number) {
    this.#order = [...members.keys()].sort((a, b) => compareInstances(members[a]!, members[b]!) || a - b);
    this.#replicationFactor = replicationFactor;
  }

  position(key: Uint8Array): number {
    return jumpBucket(fnv1a64Signed(key), this.#order.length);
  }

  members(key: Uint8Array): readonly number[] {
    let hash = fnv1a64Signed(key);
    if (this.#replicationFactor === 1) return [this.#order[jumpBucket(hash, this.#order.length)] as number];
    const left = [...this.#order];
    const chosen: number[] = [];
    while (chosen.length < this.#replicationFactor && left.length > 0) {
      const bucket = jumpBucket(hash, left.length);
      chosen.push(left[bucket] as number);
      hash = stir(hash);
      const last = left.pop() as number;
      if (bucket < left.length) left[bucket] = last;
    }
    return chosen;
  }
}

function compareInstances(a: RingMember, b: RingMember): number {
  if (a.instance === '' || b.instance === '') return Number(a.instance === '') - Number(b.instance === '');
  const isNumber = (text: string): boolean => /^[+-]?\d+$/.test(text);
  if (isNumber(a.instance) && isNumber(b.instance)) return Number(a.instance) - Number(b.instance);
  return compareText(a.instance, b.instance);
}

function jumpBucket(hash: bigint, count: number): number {
  let key = hash;
  let bucket = -1;
  for (let next = 0; next < count; ) {
    bucket = next;
    key = (key * 2862933555777941757n + 1n) & MASK_64;
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return bucket;
}

/** xorshift64*, as carbon-c-relay makes the next hash of a key. */
function stir(hash: bigint): bigint {
  let x = hash ^ (hash >> 12n);
  x ^= (x << 25n) & MASK_64;
  x ^= x >> 27n;
  return (x * 2685821657736338717n) & MASK_64;
}
