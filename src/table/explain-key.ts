// The way of one key through a table, told rule by rule. It tries each matcher alone, so it is also the plain model
// that `resolve` is held against.
import { type Aggregator, outputKeyError } from './aggregator/aggregator.ts';
import { aggregatorKey } from './aggregator/aggregator-key.ts';
import { resultSuffixes } from './aggregator/functions.ts';
import type { CompiledTable } from './compiled-table.ts';
import type {
  AggregatedInto,
  AggregatorStep,
  DestinationOutcome,
  ExplainStep,
  Explanation,
  PlanOutline,
  RouteStep,
} from './explain.ts';
import { KeyText } from './key-text.ts';
import { REWRITTEN_TOO_LONG, rewrittenKeyError } from './rewritten-key.ts';
import type { KeyPlace } from './route/hash-choice.ts';
import type { Route } from './route/route.ts';

/** Tells what each rule of `table` does with a key. */
export function explainKey(table: CompiledTable, key: Uint8Array): Explanation {
  const steps: ExplainStep[] = [];
  const received = KeyText.fromBytes(key);
  return { key: received.decoded.text, steps, plan: walk(table, key, received, steps) };
}

function walk(table: CompiledTable, key: Uint8Array, received: KeyText, steps: ExplainStep[]): PlanOutline {
  const error = table.validateKey(key);
  steps.push({ kind: 'validate', ...(error !== undefined && { error }) });
  if (error !== undefined) return invalid(error);
  if (isBlocked(table, received, steps)) return { kind: 'drop', reason: 'blocklisted' };
  const rewritten = rewrite(table, received, steps);
  if (typeof rewritten === 'string') return invalid(rewritten);
  const leaving = normalize(table, rewritten, steps);
  if (aggregate(table, leaving, steps)) return { kind: 'consume' };
  const outputs = route(table, leaving, steps);
  if (outputs.length === 0) return { kind: 'drop', reason: 'unroutable' };
  if (leaving.byteString === received.byteString) return { kind: 'route', outputs };
  return { kind: 'route', outputs, key: leaving.bytes };
}

function isBlocked(table: CompiledTable, text: KeyText, steps: ExplainStep[]): boolean {
  for (const [index, matcher] of table.blocklist.entries()) {
    const failed = matcher.failure(text);
    const matched = failed === undefined;
    steps.push({ kind: 'blocklist', index, entry: matcher.options, matched, ...(failed && { failed }) });
    if (matched) return true;
  }
  return false;
}

function rewrite(table: CompiledTable, received: KeyText, steps: ExplainStep[]): KeyText | string {
  let text = received;
  for (const [index, rewriter] of table.rewriters.entries()) {
    const result = rewriter.rewrite(text);
    const from = text.decoded.text;
    if (result.kind === 'rewritten') text = result.text;
    const to = text.decoded.text;
    steps.push({ kind: 'rewriter', index, rewriter: rewriter.options, outcome: result.kind, from, to });
    if (result.kind === 'too_long') return REWRITTEN_TOO_LONG;
  }
  const error = text === received ? undefined : rewrittenKeyError(text);
  if (error === undefined) return text;
  steps.push({ kind: 'rewritten_key', error });
  return error;
}

function normalize(table: CompiledTable, rewritten: KeyText, steps: ExplainStep[]): KeyText {
  const normal = table.normalize(rewritten);
  if (normal !== rewritten) {
    steps.push({ kind: 'normalize', from: rewritten.decoded.text, to: normal.decoded.text });
  }
  return normal;
}

/** Says whether one of the aggregators ended the metric. */
function aggregate(table: CompiledTable, text: KeyText, steps: ExplainStep[]): boolean {
  let ended = false;
  for (const [index, aggregator] of table.aggregators.entries()) {
    const step: Tried = ended ? NOT_SEEN : tryAggregator(aggregator, text);
    steps.push({ kind: 'aggregator', index, key: aggregatorKey(aggregator.options), ...step });
    ended ||= step.outcome === 'dropped';
  }
  return ended;
}

type Tried = Pick<AggregatorStep, 'outcome' | 'failed' | 'into'>;

const NOT_SEEN: Tried = { outcome: 'not_seen', into: [] };

function tryAggregator(aggregator: Aggregator, text: KeyText): Tried {
  const failed = aggregator.matcher.failure(text);
  if (failed !== undefined) return { outcome: 'refused', failed, into: [] };
  return { outcome: aggregator.options.dropRaw ? 'dropped' : 'matched', into: intoOf(aggregator, text) };
}

function intoOf(aggregator: Aggregator, text: KeyText): AggregatedInto[] {
  return aggregator.expand(text).flatMap((made, family) =>
    (aggregator.families[family]?.outputs ?? []).flatMap((output) => {
      const error = outputKeyError(output, made);
      return resultSuffixes(output.function).map((suffix) => ({
        function: output.function,
        key: KeyText.fromByteString(output.before + made + output.after + suffix).decoded.text,
        ...(error !== undefined && { error }),
      }));
    }),
  );
}

function route(table: CompiledTable, text: KeyText, steps: ExplainStep[]): number[] {
  const outputs: number[] = [];
  let stopped = false;
  for (const [index, compiled] of table.routes.entries()) {
    const step: RouteStep = stopped ? unseen(compiled, index) : tryRoute(compiled, index, text);
    steps.push(step);
    const taken = step.destinations.filter(({ outcome }) => outcome === 'taken' || outcome === 'in_turn');
    outputs.push(...new Set(inOrder(step, taken).map(({ output }) => output)));
    stopped ||= step.stopped;
  }
  return outputs;
}

/** A hash names its members in an order of its own. */
function inOrder({ place }: RouteStep, taken: readonly DestinationOutcome[]): readonly DestinationOutcome[] {
  if (place === undefined) return taken;
  return taken.toSorted((a, b) => place.members.indexOf(a.index) - place.members.indexOf(b.index));
}

function unseen({ options }: Route, index: number): RouteStep {
  const { key, type } = options;
  return { kind: 'route', index, key, type, outcome: 'not_seen', destinations: [], stopped: false };
}

function tryRoute(compiled: Route, index: number, text: KeyText): RouteStep {
  const { key, type, stop } = compiled.options;
  const failed = compiled.matcher.failure(text);
  if (failed !== undefined) {
    return { kind: 'route', index, key, type, outcome: 'refused', failed, destinations: [], stopped: false };
  }
  const place = compiled.place(text);
  const destinations = place === undefined ? tryDestinations(compiled, text) : ownersOf(compiled, place);
  const stopped = stop && destinations.some(({ outcome }) => outcome === 'taken' || outcome === 'in_turn');
  return {
    kind: 'route',
    index,
    key,
    type,
    outcome: 'matched',
    ...(place && { place }),
    destinations,
    stopped,
  };
}

function ownersOf(compiled: Route, { members }: KeyPlace): DestinationOutcome[] {
  const other = compiled.options.type === 'any_of' ? 'standby' : 'not_owner';
  return compiled.destinations.map(({ options, output }, index) => {
    return { index, addr: options.addr, output, outcome: members.includes(index) ? 'taken' : other };
  });
}

function tryDestinations(compiled: Route, text: KeyText): DestinationOutcome[] {
  const outcomes: DestinationOutcome[] = [];
  const { type } = compiled.options;
  let taken = false;
  for (const [index, { options, matcher, output }] of compiled.destinations.entries()) {
    const { addr } = options;
    if (type === 'failover' || type === 'round_robin') {
      const failover = index === 0 ? 'taken' : 'standby';
      outcomes.push({ index, addr, output, outcome: type === 'failover' ? failover : 'in_turn' });
      continue;
    }
    if (taken && type === 'sendFirstMatch') {
      outcomes.push({ index, addr, output, outcome: 'not_tried' });
      continue;
    }
    const failed = matcher.failure(text);
    if (failed === undefined) taken = true;
    outcomes.push({ index, addr, output, outcome: failed ? 'refused' : 'taken', ...(failed && { failed }) });
  }
  return outcomes;
}

function invalid(text: string): PlanOutline {
  return { kind: 'drop', reason: 'invalid', text };
}
