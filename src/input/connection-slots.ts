// How many connections may still come in. Two bounds: a count, and the descriptors of the whole process.
//
// The second needs no books: the system gives out the lowest free descriptor, so a connection whose descriptor is n
// proves that n others are open, whoever opened them.

export interface ConnectionSlotsOptions {
  /** Most connections; 0: no bound but the descriptors. */
  readonly connectionsMax: number;
  /** Descriptors this process may have; Infinity: not known. */
  readonly descriptorLimit: number;
  /** Descriptors that stay free for destinations, files and admin connections. */
  readonly descriptorReserve: number;
  /** Descriptors open before the first connection. */
  readonly descriptorsOpen: number;
}

/** Counts connections against their bounds. */
export class ConnectionSlots {
  readonly #options: ConnectionSlotsOptions;
  readonly #descriptorsMax: number;
  readonly #max: number;
  #taken = 0;
  #ceiling: number;

  constructor(options: ConnectionSlotsOptions) {
    this.#options = options;
    const limit = options.descriptorLimit;
    // A tiny limit must not be all reserve.
    const reserve = Math.min(options.descriptorReserve, Math.floor(limit / 4));
    this.#descriptorsMax = limit - reserve;
    const byCount = options.connectionsMax > 0 ? options.connectionsMax : Number.POSITIVE_INFINITY;
    this.#max = Math.min(byCount, Math.max(1, this.#descriptorsMax - options.descriptorsOpen));
    this.#ceiling = this.#max;
  }

  /** Most connections, as far as known before they come. */
  get max(): number {
    return this.#max;
  }

  /** What bounds the connections open now, in words for a warning. */
  get boundName(): string {
    const { connectionsMax, descriptorLimit } = this.#options;
    if (this.#taken >= connectionsMax && connectionsMax > 0) return `max_connections = ${connectionsMax}`;
    return `the ${descriptorLimit} file descriptors of this process (raise ulimit -n or LimitNOFILE)`;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Slots left, by the bound that is nearer. */
  get free(): number {
    return this.#ceiling - this.#taken;
  }

  /** Takes a slot for the connection with this descriptor (-1: not known); returns the slots left, 0 or less: full. */
  take(descriptor: number): number {
    this.#taken += 1;
    return Math.min(this.free, this.#descriptorsMax - 1 - descriptor);
  }

  /** Gives a slot back. */
  give(): void {
    this.#taken -= 1;
  }

  /** Takes what is open now as all there is room for, until `lift`: descriptors ran out before the count did. */
  cap(): void {
    this.#ceiling = Math.min(this.#max, this.#taken);
  }

  /** Forgets `cap`. */
  lift(): void {
    this.#ceiling = this.#max;
  }
}
