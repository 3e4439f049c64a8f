// The table as plain data: what the config, a command or an API call asks for, before it is compiled.
import type { DestinationOptions } from '../destination/options.ts';

/** crng's six conditions; all that are set must hold; "" or absent: not set. */
export interface MatcherOptions {
  readonly prefix?: string;
  readonly notPrefix?: string;
  readonly sub?: string;
  readonly notSub?: string;
  readonly regex?: string;
  readonly notRegex?: string;
}

/** `old`: text, or a regex between slashes; `not` likewise; `max` -1: all, n: the first n, 0: none. */
export interface RewriterOptions {
  readonly old: string;
  readonly new: string;
  readonly not: string;
  readonly max: number;
}

export type RouteType = 'sendAllMatch' | 'sendFirstMatch';

export interface RouteOptions {
  readonly key: string;
  readonly type: RouteType;
  readonly matcher: MatcherOptions;
  /** Later routes do not see what this one took. */
  readonly stop: boolean;
  readonly destinations: readonly DestinationOptions[];
}

/** Everything that decides where a key goes. */
export interface TableOptions {
  readonly blocklist: readonly MatcherOptions[];
  readonly rewriters: readonly RewriterOptions[];
  readonly routes: readonly RouteOptions[];
}
