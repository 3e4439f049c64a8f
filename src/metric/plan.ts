// What the table decided for a series. A plan depends on the key alone: never on time, value, source or liveness.

/** Why a line of a series goes nowhere. */
export type PlanDrop = 'invalid' | 'blocklisted' | 'unroutable';

/**
 * The immutable decision for one series.
 * - `route`: the line is copied to each output id, in order, ids distinct, at least one. `key`, when present, replaces
 *   the line's key (the bytes are owned by the plan and never change).
 * - `consume`: the line ends here, in the windows of aggregators.
 * - `drop`: counted under `reason`; `text` says more for the bad-metrics list (crng's LastErr texts for `invalid`).
 *
 * `values` are the window slots that get the value and timestamp of each line, at least one, in order; an `unroutable`
 * line may have some too.
 */
export type Plan =
  | {
      readonly kind: 'route';
      readonly outputs: readonly number[];
      readonly key?: Uint8Array;
      readonly values?: readonly number[];
    }
  | { readonly kind: 'consume'; readonly values: readonly number[] }
  | {
      readonly kind: 'drop';
      readonly reason: PlanDrop;
      readonly text?: string;
      readonly values?: readonly number[];
    };

/**
 * Resolves a key (bytes as received, without white space; valid only during the call) to its plan. `isNew`: the engine sees
 * the series for the first time, or has forgotten it; else its plan is stale because the table has changed.
 */
export type Resolve = (key: Uint8Array, isNew: boolean) => Plan;
