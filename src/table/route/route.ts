// A route, compiled: which of its slots take a key that its matcher accepted. A slot stands for a destination, or, where
// the choice depends on who is online, for all of them; the relay maps that to one when lines come.
import type { DestinationOptions } from '../../destination/options.ts';
import type { KeyText } from '../key-text.ts';
import { Matcher } from '../matcher.ts';
import { MatcherSet } from '../matcher-set.ts';
import type { RouteOptions } from '../options.ts';
import type { PatternCache } from '../pattern-cache.ts';
import { TableError } from '../table-error.ts';
import { HashChoice, type KeyPlace } from './hash-choice.ts';
import { isHashType, judgeRoute, type RouteFinding, routeSlots, slotOf } from './route-type-options.ts';

/** One destination of a route: its matcher, and the id of the output that its lines are put in. */
export interface RouteDestination {
  readonly options: DestinationOptions;
  readonly matcher: Matcher;
  readonly output: number;
}

/** Names a route as error messages and explanations do. */
export function routeName(key: string): string {
  return `route ${JSON.stringify(key)}`;
}

/** Takes keys to slots; whether it sees a key at all is decided by `matcher`, outside. */
export class Route {
  readonly options: RouteOptions;
  readonly matcher: Matcher;
  readonly destinations: readonly RouteDestination[];
  /** Output ids by slot. */
  readonly outputs: readonly number[];
  readonly #hash: HashChoice | undefined;
  readonly #choose: (text: KeyText) => readonly number[];

  /** Compiles a route; throws a TableError that names it. `outputOf` gives the output of a slot. */
  constructor(options: RouteOptions, patterns: PatternCache, outputOf: (slot: number) => number) {
    const name = routeName(options.key);
    const { type } = options;
    refuseFaults(options, name);
    this.options = options;
    this.matcher = new Matcher(options.matcher, name, patterns);
    this.outputs = Array.from({ length: routeSlots(options) }, (_, slot) => outputOf(slot));
    this.destinations = options.destinations.map((destination, index) => ({
      options: destination,
      matcher: new Matcher(destination, `${name} destination ${destination.addr}`, patterns),
      output: this.outputs[slotOf(type, index)] as number,
    }));
    this.#hash = isHashType(type) || type === 'any_of' ? new HashChoice(options, type) : undefined;
    this.#choose = this.#makeChoice(patterns);
  }

  /** Appends to `outputs` those that take the key; says whether there was one. */
  select(text: KeyText, outputs: number[]): boolean {
    const slots = this.#choose(text);
    for (const slot of slots) outputs.push(this.outputs[slot] as number);
    return slots.length > 0;
  }

  /** Where a key lies among the destinations; undefined when no hash decides that. */
  place(text: KeyText): KeyPlace | undefined {
    return this.#hash?.place(text);
  }

  #makeChoice(patterns: PatternCache): (text: KeyText) => readonly number[] {
    const hash = this.#hash;
    if (hash !== undefined) return (text) => hash.members(text);
    const { type } = this.options;
    if (type === 'failover' || type === 'round_robin') return () => [0];
    const matchers = this.destinations.map(({ matcher }) => matcher);
    if (matchers.every(({ acceptsAll }) => acceptsAll)) {
      const slots = [...matchers.keys()].slice(0, type === 'sendFirstMatch' ? 1 : undefined);
      return () => slots;
    }
    const set = new MatcherSet(matchers, patterns.budget);
    return type === 'sendFirstMatch' ? (text) => set.match(text).slice(0, 1) : (text) => set.match(text);
  }
}

function refuseFaults(options: RouteOptions, name: string): void {
  const fault = judgeRoute(options).find(({ kind }) => kind === 'error');
  if (fault !== undefined) throw new TableError(name, wordFault(options, fault));
}

function wordFault({ destinations }: RouteOptions, { about, text }: RouteFinding): string {
  if ('destination' in about) return `destination ${destinations[about.destination]?.addr ?? ''}: ${text}`;
  return about.option === 'replication_factor' ? `replication_factor: ${text}` : text;
}
