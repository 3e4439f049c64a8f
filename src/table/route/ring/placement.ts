// Where a hash puts keys. A placement knows its members by their places in the list of destinations, never by their state:
// a member that is away keeps its share.

/** Puts keys on members. */
export interface Placement {
  /** The hash of a key as its origin counts it: a place on the ring, or with jump_fnv1a_ch a bucket. */
  position(key: Uint8Array): number;
  /** The members that get a key, indices into the destinations, the first is its main one; no index comes twice. */
  members(key: Uint8Array): readonly number[];
}

/** A destination as a hash sees it. */
export interface RingMember {
  /** The host as written, without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** '': none. */
  readonly instance: string;
}
