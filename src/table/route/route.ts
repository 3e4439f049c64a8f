// A route, compiled: which of its destinations take a key that its matcher accepted.
import type { DestinationOptions } from '../../destination/options.ts';
import type { KeyText } from '../key-text.ts';
import { Matcher } from '../matcher.ts';
import { MatcherSet } from '../matcher-set.ts';
import type { RouteOptions } from '../options.ts';
import type { PatternCache } from '../pattern-cache.ts';

/** One destination of a route: its matcher, and the id of the output that it feeds. */
export interface RouteDestination {
  readonly options: DestinationOptions;
  readonly matcher: Matcher;
  readonly output: number;
}

/** Names a route as error messages and explanations do. */
export function routeName(key: string): string {
  return `route ${JSON.stringify(key)}`;
}

/** Takes keys to destinations; whether it sees a key at all is decided by `matcher`, outside. */
export class Route {
  readonly options: RouteOptions;
  readonly matcher: Matcher;
  readonly destinations: readonly RouteDestination[];
  readonly #destinationSet: MatcherSet;

  /** Compiles a route; throws a TableError that names it. `outputOf` gives the output of a destination by its index. */
  constructor(options: RouteOptions, patterns: PatternCache, outputOf: (destinationIndex: number) => number) {
    const name = routeName(options.key);
    this.options = options;
    this.matcher = new Matcher(options.matcher, name, patterns);
    this.destinations = options.destinations.map((destination, index) => ({
      options: destination,
      matcher: new Matcher(destination, `${name} destination ${destination.addr}`, patterns),
      output: outputOf(index),
    }));
    this.#destinationSet = new MatcherSet(
      this.destinations.map(({ matcher }) => matcher),
      patterns.budget,
    );
  }

  /** Appends to `outputs` those that take the key; says whether there was one. */
  select(text: KeyText, outputs: number[]): boolean {
    const accepted = this.#destinationSet.match(text);
    const count = this.options.type === 'sendFirstMatch' ? Math.min(1, accepted.length) : accepted.length;
    for (let i = 0; i < count; i++)
      outputs.push((this.destinations[accepted[i] as number] as RouteDestination).output);
    return count > 0;
  }
}
