// carbon's ring (carbon.hashing.ConsistentHashRing) and the walk of its relay (carbon.routers.ConsistentHashingRouter).
//
// Destinations are added in their order, 100 points each; a point whose place is taken, by whomever, moves on by one
// until it finds a free one, past 65,535 too, where no key comes to but the end of the walk does. `carbon_ch` hashes the
// Python tuple (host, instance) with MD5, `carbon_fnv1a_ch` only `<i>-<instance>` with FNV-1a, so that it needs instances.
// A walk stops one point short of where it began, as carbon's does.
import { fnv1a32, fold16 } from './fnv1a.ts';
import { md5Position } from './md5-position.ts';
import { PointRing, type Point, POINTS_PER_MEMBER } from './point-ring.ts';
import { pythonNode } from './python-node.ts';
import type { RingMember } from './placement.ts';

export interface CarbonRingOptions {
  readonly replicationFactor: number;
  /** Copies go to different hosts. */
  readonly diverseReplicas: boolean;
}

/** Builds the ring of `carbon_ch`. */
export function makeCarbonRing(members: readonly RingMember[], options: CarbonRingOptions): PointRing {
  const textOf = ({ host, instance }: RingMember, i: number) => `${pythonNode(host, instance)}:${i}`;
  return makeRing(members, options, md5Position, textOf);
}

/** Builds the ring of `carbon_fnv1a_ch`. */
export function makeCarbonFnvRing(members: readonly RingMember[], options: CarbonRingOptions): PointRing {
  const textOf = ({ instance }: RingMember, i: number) => `${i}-${instance === '' ? 'None' : instance}`;
  return makeRing(members, options, (text) => fold16(fnv1a32(text)), textOf);
}

function makeRing(
  members: readonly RingMember[],
  options: CarbonRingOptions,
  position: (text: Uint8Array) => number,
  textOf: (member: RingMember, i: number) => string,
): PointRing {
  const points: Point[] = [];
  const taken = new Set<number>();
  for (const [index, member] of members.entries()) {
    for (let i = 0; i < POINTS_PER_MEMBER; i++) {
      let free = position(Buffer.from(textOf(member, i)));
      while (taken.has(free)) free += 1;
      taken.add(free);
      points.push({ position: free, member: index });
    }
  }
  points.sort((a, b) => a.position - b.position);
  return new PointRing(points, position, (all, start) => walk(members, options, all, start));
}

/** The members of a key; at least one. */
function walk(
  members: readonly RingMember[],
  { replicationFactor, diverseReplicas }: CarbonRingOptions,
  points: readonly Point[],
  start: number,
): number[] {
  const chosen: number[] = [];
  const seen = new Set<number>();
  const hosts = new Set<string>();
  for (let step = 0; step < points.length - 1 && chosen.length < replicationFactor; step++) {
    const { member } = points[(start + step) % points.length] as Point;
    if (seen.has(member)) continue;
    seen.add(member);
    const { host } = members[member] as RingMember;
    if (diverseReplicas && hosts.has(host)) continue;
    hosts.add(host);
    chosen.push(member);
  }
  return chosen;
}
