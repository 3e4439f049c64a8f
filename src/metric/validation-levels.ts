// How strictly keys are checked; crng's words.

/** The two levels of crng's config: for plain keys, and for metrics 2.0 keys. */
export interface ValidationLevels {
  readonly legacy: 'none' | 'medium' | 'strict';
  readonly m20: 'none' | 'medium';
}
