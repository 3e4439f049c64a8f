// The routing table: immutable, compiled whole from plain data, swapped by one assignment. What a key meets, in order:
// validation, blocklist (the key as received), rewriters, routes (the rewritten key), their destinations.
import type { Plan } from '../metric/plan.ts';
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
  readonly #routes: MatcherSet;

  private constructor(table: CompiledTable) {
    this.#table = table;
    this.#blocklist = new MatcherSet(table.blocklist, table.budget);
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
    const outputs = this.#route(rewritten);
    if (outputs.length === 0) return UNROUTABLE;
    if (rewritten.byteString === received.byteString) return { kind: 'route', outputs };
    return { kind: 'route', outputs, key: rewritten.bytes };
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
    return text === received ? text : (rewrittenKeyError(text) ?? text);
  }

  /** Collects the outputs of a key; what a `stop` route took, later routes do not see. */
  #route(text: KeyText): number[] {
    const outputs: number[] = [];
    for (const index of this.#routes.match(text)) {
      const route = this.#table.routes[index] as Route;
      if (route.select(text, outputs) && route.options.stop) break;
    }
    return outputs;
  }
}

function invalid(text: string): Plan {
  return { kind: 'drop', reason: 'invalid', text };
}
