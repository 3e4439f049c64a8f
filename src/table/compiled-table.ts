// The rules of a table in runtime form, compiled once and then only read.
import { assert } from '../util/assert.ts';
import { Matcher } from './matcher.ts';
import type { TableOptions } from './options.ts';
import { PatternCache } from './pattern-cache.ts';
import type { DfaBudget } from './regex/dfa-budget.ts';
import { Rewriter } from './rewriter.ts';
import { Route } from './route/route.ts';

/** What a table needs from outside. */
export interface TableDependencies {
  /** Gives the id of the output of a slot of a route (its destination of that index, or a group); no two slots share one. */
  outputOf(routeIndex: number, slot: number): number;
  /** Judges a key as received; the text of the error, undefined when it is good. */
  validateKey(key: Uint8Array): string | undefined;
}

/** The rules in the order in which a key meets them. */
export interface CompiledTable {
  readonly validateKey: (key: Uint8Array) => string | undefined;
  readonly blocklist: readonly Matcher[];
  readonly rewriters: readonly Rewriter[];
  readonly routes: readonly Route[];
  /** What all automata of the table share. */
  readonly budget: DfaBudget;
}

/** Compiles every rule; throws a TableError that names the first rule at fault. */
export function compileTable(options: TableOptions, dependencies: TableDependencies): CompiledTable {
  const patterns = new PatternCache();
  const blocklist = options.blocklist.map((m, i) => new Matcher(m, `blocklist entry ${i + 1}`, patterns));
  const rewriters = options.rewriters.map((r, i) => new Rewriter(r, `rewriter ${i + 1}`, patterns));
  const routes = options.routes.map(
    (r, i) => new Route(r, patterns, (slot) => dependencies.outputOf(i, slot)),
  );
  const outputs = routes.flatMap((route) => route.outputs);
  assert(new Set(outputs).size === outputs.length, 'two slots share an output');
  const { budget } = patterns;
  return { validateKey: (key) => dependencies.validateKey(key), blocklist, rewriters, routes, budget };
}
