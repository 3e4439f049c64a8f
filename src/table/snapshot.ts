// The routing table: immutable, compiled whole from plain data, swapped by one assignment. What a key meets, in order:
// validation, blocklist (the key as received), rewriters, then with the rewritten key: aggregators up to the first that
// drops the raw metric, routes, their destinations.
import type { Plan } from '../metric/plan.ts';
import { type Aggregator, outputKeyError } from './aggregator/aggregator.ts';
import { compileTable } from './compiled-table.ts';
import type { CompiledTable, TableDependencies } from './compiled-table.ts';
import { explainKey } from './explain-key.ts';
import type { Explanation } from './explain.ts';
import { KeyText } from './key-text.ts';
import { MatcherSet } from './matcher-set.ts';
import type { TableOptions } from './options.ts';
import { REWRITTEN_TOO_LONG, rewrittenKeyError } from './rewritten-key.ts';
import type { Route } from './route/route.ts';

const BLOCKLISTED: Plan = { kind: 'drop', reason: 'blocklisted' };
const UNROUTABLE: Plan = { kind: 'drop', reason: 'unroutable' };

/** One state of the table. */
export class Snapshot {
  readonly #table: CompiledTable;
  readonly #blocklist: MatcherSet;
  readonly #aggregators: MatcherSet;
  readonly #routes: MatcherSet;

  private constructor(table: CompiledTable) {
    this.#table = table;
    this.#blocklist = new MatcherSet(table.blocklist, table.budget);
    this.#aggregators = new MatcherSet(
      table.aggregators.map(({ matcher }) => matcher),
      table.budget,
    );
    this.#routes = new MatcherSet(
      table.routes.map(({ matcher }) => matcher),
      table.budget,
    );
  }

  /** Compiles a table whole; throws a TableError that names the rule at fault. */
  static compile(options: TableOptions, dependencies: TableDependencies): Snapshot {
    return new Snapshot(compileTable(options, dependencies));
  }

  /** Resolves a key, bytes as received and valid during the call only, to its plan. */
  resolve(key: Uint8Array): Plan {
    const error = this.#table.validateKey(key);
    if (error !== undefined) return invalid(error);
    const received = KeyText.fromBytes(key);
    if (this.#blocklist.match(received).length > 0) return BLOCKLISTED;
    const rewritten = this.#rewrite(received);
    if (typeof rewritten === 'string') return invalid(rewritten);
    const isSame = rewritten === received || rewritten.byteString === received.byteString;
    const matching = this.#aggregators.match(rewritten);
    if (matching.length === 0) return makePlan(this.route(rewritten), isSame ? undefined : rewritten.bytes);
    const { slots, ended } = this.#aggregate(matching, rewritten);
    if (ended) return { kind: 'consume', values: slots };
    const plan = makePlan(this.route(rewritten), isSame ? undefined : rewritten.bytes);
    return slots.length === 0 ? plan : { ...plan, values: slots };
  }

  /** The aggregators, in order. */
  get aggregators(): readonly Aggregator[] {
    return this.#table.aggregators;
  }

  /** Tells what each rule does with a key, one by one; its plan is that of `resolve`. */
  explain(key: Uint8Array): Explanation {
    return explainKey(this.#table, key);
  }

  /** Passes a key through the rewriters, each on the result of the one before; a string tells why that failed. */
  #rewrite(received: KeyText): KeyText | string {
    let text = received;
    for (const rewriter of this.#table.rewriters) {
      const rewrite = rewriter.rewrite(text);
      if (rewrite.kind === 'too_long') return REWRITTEN_TOO_LONG;
      if (rewrite.kind === 'rewritten') text = rewrite.text;
    }
    const error = text === received ? undefined : rewrittenKeyError(text);
    return error ?? this.#table.normalize(text);
  }

  /** Collects the window slots that a key feeds; `ended`: an aggregator with `dropRaw` took it, nothing after it sees it. */
  #aggregate(matching: readonly number[], text: KeyText): { slots: number[]; ended: boolean } {
    const slots: number[] = [];
    for (const index of matching) {
      const aggregator = this.#table.aggregators[index] as Aggregator;
      for (const [family, made] of aggregator.expand(text).entries()) {
        const outputs = aggregator.families[family]?.outputs ?? [];
        const isGood = outputs.every((output) => outputKeyError(output, made) === undefined);
        slots.push(this.#table.slotOf(index, family, isGood ? made : undefined));
      }
      if (aggregator.options.dropRaw) return { slots, ended: true };
    }
    return { slots, ended: false };
  }

  /**
   * Collects the outputs of a key that has come as far as the routes; what a `stop` route took, later routes do not see.
   * Lines made inside the relay enter here.
   */
  route(text: KeyText): number[] {
    const outputs: number[] = [];
    for (const index of this.#routes.match(text)) {
      const route = this.#table.routes[index] as Route;
      if (route.select(text, outputs) && route.options.stop) break;
    }
    return outputs;
  }
}

function makePlan(outputs: readonly number[], key: Uint8Array | undefined): Plan {
  if (outputs.length === 0) return UNROUTABLE;
  return key === undefined ? { kind: 'route', outputs } : { kind: 'route', outputs, key };
}

function invalid(text: string): Plan {
  return { kind: 'drop', reason: 'invalid', text };
}
