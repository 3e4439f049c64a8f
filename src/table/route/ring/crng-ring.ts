// The rings of carbon-relay-ng (its `consistentHashing` and `consistentHashing-v2`): MD5 positions of the text of a
// Python tuple, 100 points a destination. The port has no part in it.
//
// v1 lets points share a place and sorts them by position, host, instance; where all three are equal its order is that of
// an unstable sort, and here the destination that stands first in the list. v2 moves a point on, around the end too,
// while an earlier destination has its place; points of one destination may share one.
// With `replication_factor`, which that relay does not have, the next different destinations on the ring get copies. Points
// of v1 that share a place then count for the first of them only: so does the `carbon_ch` of carbon-c-relay, which is the
// same ring (only there a member without instance sorts after those of its host that have one).
import { md5Position } from './md5-position.ts';
import { giveToFirst, PointRing, type Point, POINTS_PER_MEMBER, walkDistinct } from './point-ring.ts';
import { pythonNode } from './python-node.ts';
import type { RingMember } from './placement.ts';

const POSITIONS = 65_536;

/** Builds the ring of `consistentHashing`; another number of points a member is for comparing with others' tests. */
export function makeCrngRing(
  members: readonly RingMember[],
  replicationFactor: number,
  pointsPerMember = POINTS_PER_MEMBER,
): PointRing {
  const points = members.flatMap((member, index) => pointsOf(member, index, pointsPerMember));
  const byName = (a: RingMember, b: RingMember): number =>
    compareText(a.host, b.host) || compareText(a.instance, b.instance);
  const ranks = rankMembers(members, byName);
  points.sort((a, b) => a.position - b.position || (ranks[a.member] as number) - (ranks[b.member] as number));
  return makeRing(giveToFirst(points), replicationFactor);
}

/** Builds the ring of `consistentHashing-v2`; the order of the members counts. */
export function makeCrngRingV2(members: readonly RingMember[], replicationFactor: number): PointRing {
  const points: Point[] = [];
  const taken = new Set<number>();
  for (const [index, member] of members.entries()) {
    const own = pointsOf(member, index, POINTS_PER_MEMBER).map(({ position }) => {
      let free = position;
      // A ring has more places than points: that many destinations are refused (RING_MEMBERS_MAX).
      while (taken.has(free)) free = (free + 1) % POSITIONS;
      return { position: free, member: index };
    });
    for (const { position } of own) taken.add(position);
    points.push(...own);
  }
  points.sort((a, b) => a.position - b.position);
  return makeRing(points, replicationFactor);
}

function makeRing(points: readonly Point[], replicationFactor: number): PointRing {
  return new PointRing(points, md5Position, (all, start) => walkDistinct(all, start, replicationFactor));
}

function pointsOf({ host, instance }: RingMember, member: number, count: number): Point[] {
  const node = pythonNode(host, instance);
  return Array.from({ length: count }, (_, i) => ({
    position: md5Position(`${node}:${i}`),
    member,
  }));
}

/** The rank of each member when sorted; equal ones keep their order. */
export function rankMembers(
  members: readonly RingMember[],
  compare: (a: RingMember, b: RingMember) => number,
): number[] {
  const order = [...members.keys()].sort((a, b) => compare(members[a]!, members[b]!) || a - b);
  const ranks: number[] = [];
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}

/** Compares texts by their bytes in UTF-8. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
