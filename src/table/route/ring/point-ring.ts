// A ring of points: numbered places, each owned by a member. A key belongs to the first point at or after its position,
// after the last point to the first. Shared by all hashes but the jump hash, which has no ring.
//
//   0 ··· point(a) ··· point(c) ··· key ··▶ point(b) ··· 65535 (carbon may push points past that)
//
// For each of the 65,536 positions the first point is looked up once, when the ring is built; the members for each point
// are walked together when the first key comes to it.
import type { Placement } from './placement.ts';

/** Points that a member has on a ring, in carbon and in all that follow it. */
export const POINTS_PER_MEMBER = 100;

const POSITIONS = 65_536;

/** A place on the ring and the member it belongs to. */
export interface Point {
  readonly position: number;
  readonly member: number;
}

/** Collects from the point at `start` the members of a key; `points` are sorted and not empty. */
export type Walk = (points: readonly Point[], start: number) => number[];

export class PointRing implements Placement {
  readonly points: readonly Point[];
  readonly #position: (key: Uint8Array) => number;
  readonly #walk: Walk;
  readonly #first: Uint32Array;
  readonly #members: (readonly number[] | undefined)[] = [];

  /** `points` are sorted by position, and of those at one place the first counts. */
  constructor(points: readonly Point[], position: (key: Uint8Array) => number, walk: Walk) {
    this.points = points;
    this.#position = position;
    this.#walk = walk;
    this.#first = firstPoints(points);
  }

  /** The share of all positions that each of `count` members owns, the first copy of a key counting. */
  shares(count: number): number[] {
    const owned = Array.from({ length: count }, () => 0);
    for (const start of this.#first) owned[(this.points[start] as Point).member]! += 1;
    return owned.map((positions) => positions / POSITIONS);
  }

  position(key: Uint8Array): number {
    return this.#position(key);
  }

  members(key: Uint8Array): readonly number[] {
    const start = this.#first[this.#position(key)] as number;
    return (this.#members[start] ??= this.#walk(this.points, start));
  }
}

function firstPoints(points: readonly Point[]): Uint32Array {
  const first = new Uint32Array(POSITIONS);
  let at = 0;
  for (let position = 0; position < POSITIONS; position++) {
    while (at < points.length && (points[at] as Point).position < position) at += 1;
    first[position] = at === points.length ? 0 : at;
  }
  return first;
}

/** Gives all points that share a place to the member of the first, as carbon-c-relay does; the points are sorted. */
export function giveToFirst(points: readonly Point[]): Point[] {
  const given: Point[] = [];
  for (const point of points) {
    const before = given.at(-1);
    given.push(before?.position === point.position ? before : point);
  }
  return given;
}

/** Walks on until `count` different members are found; there are at least so many. */
export function walkDistinct(points: readonly Point[], start: number, count: number): number[] {
  const members: number[] = [];
  for (let step = 0; step < points.length && members.length < count; step++) {
    const { member } = points[(start + step) % points.length] as Point;
    if (!members.includes(member)) members.push(member);
  }
  return members;
}
