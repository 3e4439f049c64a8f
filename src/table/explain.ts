// What `Snapshot.explain` tells: plain data, one step for each rule that a key met, in order. Indices start at zero.
import type { PlanDrop } from '../metric/plan.ts';
import type { FailedCondition } from './matcher.ts';
import type { AggregatorFunction, MatcherOptions, RewriterOptions, RouteType } from './options.ts';
import type { KeyPlace } from './route/hash-choice.ts';

/** The key as received was judged; `error`: the text of the validation error. */
export interface ValidateStep {
  readonly kind: 'validate';
  readonly error?: string;
}

/** A blocklist entry was tried. `matched` ends the way; otherwise `failed` is the condition that did not hold. */
export interface BlocklistStep {
  readonly kind: 'blocklist';
  readonly index: number;
  readonly entry: MatcherOptions;
  readonly matched: boolean;
  readonly failed?: FailedCondition;
}

/** A rewriter was applied. `skipped`: its `not` held; `too_long`: the result was over the limit, which ends the way. */
export interface RewriterStep {
  readonly kind: 'rewriter';
  readonly index: number;
  readonly rewriter: RewriterOptions;
  readonly outcome: 'rewritten' | 'unchanged' | 'skipped' | 'too_long';
  readonly from: string;
  readonly to: string;
}

/** The rewritten key cannot be sent, which ends the way. */
export interface RewrittenKeyStep {
  readonly kind: 'rewritten_key';
  readonly error: string;
}

/** With `normalize_tags`: the tags were put in order. */
export interface NormalizeStep {
  readonly kind: 'normalize';
  readonly from: string;
  readonly to: string;
}

/** A series that an aggregator makes of the key; `error`: its key cannot be sent. */
export interface AggregatedInto {
  readonly function: AggregatorFunction;
  readonly key: string;
  readonly error?: string;
}

/**
 * An aggregator was tried with the rewritten key. `not_seen`: an earlier one with `dropRaw` ended it. `dropped`: this one
 * has `dropRaw`, and the metric ends here.
 */
export interface AggregatorStep {
  readonly kind: 'aggregator';
  readonly index: number;
  /** crng's short name of the rule. */
  readonly key: string;
  readonly outcome: 'matched' | 'dropped' | 'refused' | 'not_seen';
  readonly failed?: FailedCondition;
  readonly into: readonly AggregatedInto[];
}

/**
 * What became of a key at a destination. `not_tried`: an earlier one of a sendFirstMatch route took it; `not_owner`: the
 * hash gives the key to others; `standby`: others take it while they are online; `in_turn`: one of those so marked gets it.
 */
export interface DestinationOutcome {
  readonly index: number;
  readonly addr: string;
  readonly output: number;
  readonly outcome: 'taken' | 'refused' | 'not_tried' | 'not_owner' | 'standby' | 'in_turn';
  readonly failed?: FailedCondition;
}

/**
 * A route was tried. `not_seen`: an earlier route with `stop` took the key. `refused`: `failed` did not hold.
 * `matched`: the route accepts it; it goes to the destinations that are `taken`, which may be none.
 */
export interface RouteStep {
  readonly kind: 'route';
  readonly index: number;
  readonly key: string;
  readonly type: RouteType;
  readonly outcome: 'matched' | 'refused' | 'not_seen';
  readonly failed?: FailedCondition;
  /** Where the key lies, when the route matched and a hash decides; `members` in order, copies after the main one. */
  readonly place?: KeyPlace;
  /** Those of a route that matched; otherwise empty. */
  readonly destinations: readonly DestinationOutcome[];
  /** This route took the key and has `stop`: later routes do not see it. */
  readonly stopped: boolean;
}

export type ExplainStep =
  | ValidateStep
  | BlocklistStep
  | RewriterStep
  | RewrittenKeyStep
  | NormalizeStep
  | AggregatorStep
  | RouteStep;

/** A plan without the window slots, which only a running relay has. */
export type PlanOutline =
  | { readonly kind: 'route'; readonly outputs: readonly number[]; readonly key?: Uint8Array }
  | { readonly kind: 'consume' }
  | { readonly kind: 'drop'; readonly reason: PlanDrop; readonly text?: string };

/** The whole way of a key. Keys are shown as UTF-8 text, bytes that are none as U+FFFD. */
export interface Explanation {
  readonly key: string;
  readonly steps: readonly ExplainStep[];
  readonly plan: PlanOutline;
}
