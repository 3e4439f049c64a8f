// How a route that hashes, or an `any_of`, finds the members of a key: the key as it leaves, its normal form, or its name.
import { KeyText } from '../key-text.ts';
import type { HashOptions, HashRouteType, RouteOptions } from '../options.ts';
import { fnv1aMember } from './ring/c-relay-hash.ts';
import { makePlacement } from './ring/make-placement.ts';
import { normalizeText } from './ring/normalized-key.ts';
import type { Placement } from './ring/placement.ts';
import { PointRing } from './ring/point-ring.ts';

/** Where a key lies: the text that was hashed, its position (a bucket where there is no ring), its members in order. */
export interface KeyPlace {
  readonly hashed: string;
  readonly position: number;
  readonly members: readonly number[];
}

/** Puts keys on the members of a route; the same key always on the same. */
export class HashChoice {
  readonly #placement: Placement;
  readonly #hashed: (text: KeyText) => KeyText;

  constructor(route: HashOptions & Pick<RouteOptions, 'destinations'>, type: HashRouteType | 'any_of') {
    const { destinations } = route;
    this.#placement =
      type === 'any_of' ? anyOfPlacement(destinations.length) : makePlacement(type, destinations, route);
    this.#hashed = route.hashNameOnly ? nameOf : route.tagRelayNormalized ? normalizeText : (text) => text;
  }

  /** The members of a key, indices of destinations. */
  members(text: KeyText): readonly number[] {
    return this.#placement.members(this.#hashed(text).bytes);
  }

  /** The share of the ring that each member owns; undefined where there is no ring and shares are equal. */
  shares(count: number): number[] | undefined {
    return this.#placement instanceof PointRing ? this.#placement.shares(count) : undefined;
  }

  /** Where a key lies, for those who ask. */
  place(text: KeyText): KeyPlace {
    const hashed = this.#hashed(text);
    return {
      hashed: hashed.decoded.text,
      position: this.#placement.position(hashed.bytes),
      members: this.#placement.members(hashed.bytes),
    };
  }
}

function nameOf(text: KeyText): KeyText {
  const end = text.byteString.indexOf(';');
  return end < 0 ? text : KeyText.fromByteString(text.byteString.slice(0, end));
}

function anyOfPlacement(count: number): Placement {
  const position = (key: Uint8Array): number => fnv1aMember(key, count);
  return { position, members: (key) => [position(key)] };
}
