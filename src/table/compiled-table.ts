// The rules of a table in runtime form, compiled once and then only read.
import { assert } from '../util/assert.ts';
import type { KeyText } from './key-text.ts';
import { Aggregator, aggregatorName } from './aggregator/aggregator.ts';
import { Matcher } from './matcher.ts';
import type { TableOptions } from './options.ts';
import { PatternCache } from './pattern-cache.ts';
import type { DfaBudget } from './regex/dfa-budget.ts';
import { Rewriter } from './rewriter.ts';
import { normalizeText } from './route/ring/normalized-key.ts';
import { Route } from './route/route.ts';

/** What a table needs from outside. */
export interface TableDependencies {
  /** Gives the id of the output of a slot of a route (its destination of that index, or a group); no two slots share one. */
  outputOf(routeIndex: number, slot: number): number;
  /**
   * Gives the window slot for what a family of outputs of an aggregator makes of a key (a byte string); undefined: it
   * makes a key that cannot be sent, and the slot is one that counts such points.
   */
  slotOf(aggregatorIndex: number, familyIndex: number, text: string | undefined): number;
  /** Judges a key as received; the text of the error, undefined when it is good. */
  validateKey(key: Uint8Array): string | undefined;
}

/** The rules in the order in which a key meets them. */
export interface CompiledTable {
  readonly validateKey: (key: Uint8Array) => string | undefined;
  readonly blocklist: readonly Matcher[];
  readonly rewriters: readonly Rewriter[];
  /** Brings a rewritten key into the form in which it leaves. */
  readonly normalize: (text: KeyText) => KeyText;
  readonly aggregators: readonly Aggregator[];
  readonly slotOf: TableDependencies['slotOf'];
  readonly routes: readonly Route[];
  /** What all automata of the table share. */
  readonly budget: DfaBudget;
}

/** Compiles every rule; throws a TableError that names the first rule at fault. */
export function compileTable(options: TableOptions, dependencies: TableDependencies): CompiledTable {
  const patterns = new PatternCache();
  const blocklist = options.blocklist.map((m, i) => new Matcher(m, `blocklist entry ${i + 1}`, patterns));
  const rewriters = options.rewriters.map((r, i) => new Rewriter(r, `rewriter ${i + 1}`, patterns));
  const aggregators = options.aggregators.map((a, i) => new Aggregator(a, aggregatorName(i), patterns));
  const routes = options.routes.map(
    (r, i) => new Route(r, patterns, (slot) => dependencies.outputOf(i, slot)),
  );
  const outputs = routes.flatMap((route) => route.outputs);
  assert(new Set(outputs).size === outputs.length, 'two slots share an output');
  const { budget } = patterns;
  const normalize = options.normalizeTags === true ? normalizeText : (text: KeyText) => text;
  return {
    validateKey: (key) => dependencies.validateKey(key),
    blocklist,
    rewriters,
    normalize,
    aggregators,
    slotOf: (aggregator, family, text) => dependencies.slotOf(aggregator, family, text),
    routes,
    budget,
  };
}
