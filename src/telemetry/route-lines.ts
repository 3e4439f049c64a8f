// Lines that routes sent of late: the difference between the books of their destinations now and one to two minutes ago.

/** Lines by route since the start. */
type Books = ReadonlyMap<string, number>;

export class RouteLines {
  #minute: Books;
  #before: Books;
  #minuteMs: number;
  #beforeMs: number;

  constructor(books: Books, nowMs: number) {
    this.#minute = this.#before = books;
    this.#minuteMs = this.#beforeMs = nowMs;
  }

  /** Begins another minute. */
  rotate(books: Books, nowMs: number): void {
    this.#before = this.#minute;
    this.#beforeMs = this.#minuteMs;
    this.#minute = books;
    this.#minuteMs = nowMs;
  }

  /** What `recent` is of, ms. */
  windowMs(nowMs: number): number {
    return nowMs - this.#beforeMs;
  }

  /** Lines of each route since the minute before began. Fewer than then: a destination was taken out. */
  recent(books: Books): Map<string, number> {
    return new Map(
      [...books].map(([route, lines]) => [route, Math.max(0, lines - (this.#before.get(route) ?? 0))]),
    );
  }
}
