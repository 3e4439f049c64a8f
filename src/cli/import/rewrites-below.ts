// Rewrites of carbon-c-relay below matches and aggregates. There, rules above saw the key before; here all rewriters come
// first. That makes no difference when
//   - a rule above never meets a key that the rewrite changes, or ends those that it meets (the rewriter leaves them alone by
//     `not`), and
//   - it never meets a key that the rewrite has made.
// What cannot be shown from the expressions' first characters is not taken, and told.
import type { Rewrite } from './c-relay-rules.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import { anchorsOf, neverAfter, neverBoth } from './pattern-shape.ts';

/** A rule above. */
export interface RuleAbove {
  readonly what: 'match' | 'aggregate';
  /** Empty: everything. */
  readonly regexes: readonly string[];
  readonly stop: boolean;
  readonly place: ImportPlace;
}

export class RewritesBelow {
  readonly #report: ImportReport;
  readonly #rules: RuleAbove[] = [];

  constructor(report: ImportReport) {
    this.#report = report;
  }

  add(rule: RuleAbove): void {
    this.#rules.push(rule);
  }

  /** Lists the expressions of keys that a rewrite must leave alone; undefined, and told, when it has no place here. */
  judge(rewrite: Rewrite, place: ImportPlace): string[] | undefined {
    const keeps: string[] = [];
    const made = startOfMade(rewrite);
    for (const { regexes, stop, what, place: above } of this.#rules) {
      const all = regexes.length === 0;
      const rule = `the ${what} at ${above.file}:${above.line}`;
      if (all || regexes.some((regex) => !neverBoth(regex, rewrite.pattern))) {
        if (!stop) return this.#refuse(place, `${rule} gets keys as they were before it`);
        keeps.push(...regexes);
      }
      if (regexes.some((regex) => !neverAfter(made, regex))) {
        return this.#refuse(place, `${rule} comes before it, and might get what it makes`);
      }
    }
    return keeps;
  }

  #refuse(place: ImportPlace, why: string): undefined {
    this.#report.missed(place, `a rewrite below other rules: here all rewriters come first, but ${why}`);
  }
}

/** The characters with which each key begins that a rewrite makes. */
function startOfMade({ pattern, replacement }: Rewrite): string {
  if (!anchorsOf(pattern).start) return '';
  return (/^(?:[^$]|\$\$)*/.exec(replacement)?.[0] ?? '').replaceAll('$$', '$');
}
