// The words of `sluice explain`.
import type { AggregatorStep, DestinationOutcome, ExplainStep, RouteStep } from '../table/explain.ts';
import type { FailedCondition } from '../table/matcher.ts';
import { CONSUMED, type ExplainedDestination, type ExplainedLine } from './explain.ts';

/** Renders an explained line as text, its steps indented below it. */
export function renderExplained(explained: ExplainedLine): string {
  const lines = [explained.line, ...explained.steps.flatMap(renderStep).map((text) => `  ${text}`)];
  lines.push(`  ${renderEnd(explained)}`);
  return `${lines.join('\n')}\n`;
}

function renderEnd({ valid, reason, destinations, key }: ExplainedLine): string {
  if (!valid) return `=> dropped as invalid: ${reason}`;
  if (reason === CONSUMED) return `=> ${reason}`;
  if (destinations.length === 0) return `=> dropped: ${reason}`;
  return `=> leaves as ${key} to ${listDestinations(destinations)}`;
}

/** Of those of one route that take turns, only one gets the line. */
function listDestinations(destinations: readonly ExplainedDestination[]): string {
  let text = '';
  let before: ExplainedDestination | undefined;
  for (const destination of destinations) {
    const { addr, instance, route, in_turn } = destination;
    const isTurn = in_turn === true && before?.route === route;
    text += `${before === undefined ? '' : isTurn ? ' or ' : ', '}${instance === '' ? addr : `${addr}:${instance}`}`;
    before = destination;
  }
  return text;
}

function renderStep(step: ExplainStep): string[] {
  switch (step.kind) {
    case 'validate':
      return [step.error === undefined ? 'valid' : `invalid: ${step.error}`];
    case 'blocklist': {
      const entry = Object.entries(step.entry).map(([method, pattern]) => `${method} ${String(pattern)}`);
      return [`blocklist ${step.index + 1} (${entry.join(', ')}): ${step.matched ? 'blocked' : 'no'}`];
    }
    case 'rewriter': {
      const { old, new: replacement, tag } = step.rewriter;
      const where = tag === undefined ? '' : `tag ${tag}: `;
      const name = `rewriter ${step.index + 1} (${where}${old} -> ${replacement})`;
      return [
        `${name}: ${step.outcome === 'rewritten' ? `${step.from} -> ${step.to}` : REWRITER_WORDS[step.outcome]}`,
      ];
    }
    case 'rewritten_key':
      return [`invalid: ${step.error}`];
    case 'normalize':
      return [`tags in order: ${step.from} -> ${step.to}`];
    case 'aggregator':
      return renderAggregator(step);
    case 'route':
      return renderRoute(step);
  }
}

const REWRITER_WORDS = {
  unchanged: 'no change',
  skipped: 'left alone by "not"',
  too_long: 'the result is too long',
} as const;

function renderAggregator(step: AggregatorStep): string[] {
  const name = `aggregation ${step.index + 1} (${step.key})`;
  if (step.outcome === 'not_seen') return [`${name}: not seen, an earlier aggregation dropped the metric`];
  if (step.outcome === 'refused') return [`${name}: no${renderFailed(step.failed)}`];
  const into = step.into.map(({ key, error, ...output }) => {
    const fault = error === undefined ? '' : `, which ${error}: it is not sent`;
    return `  ${output.function} into ${JSON.stringify(key)}${fault}`;
  });
  const end = step.outcome === 'dropped' ? ', and the metric ends here' : '';
  return [`${name}: aggregated${end}`, ...into];
}

function renderRoute(step: RouteStep): string[] {
  const name = `route "${step.key}" (${step.type})`;
  if (step.outcome === 'not_seen') return [`${name}: not seen, an earlier route stopped it`];
  if (step.outcome === 'refused') return [`${name}: no${renderFailed(step.failed)}`];
  const head = `${name}: yes${renderPlace(step)}${step.stopped ? ', later routes do not see it' : ''}`;
  return [head, ...step.destinations.map((destination) => `  ${renderDestination(destination)}`)];
}

function renderDestination({ addr, outcome, failed }: DestinationOutcome): string {
  if (outcome === 'taken') return `${addr}: yes`;
  if (outcome === 'refused') return `${addr}: no${renderFailed(failed)}`;
  return `${addr}: ${OUTCOME_WORDS[outcome]}`;
}

const OUTCOME_WORDS = {
  not_tried: 'not tried, an earlier one took it',
  not_owner: 'no, the hash gives the key to others',
  standby: 'only while others are offline',
  in_turn: 'in turn with the others',
} as const;

function renderPlace({ place, type }: RouteStep): string {
  if (place === undefined) return '';
  const unit = type === 'jump_fnv1a_ch' ? 'bucket' : type === 'any_of' ? 'member' : 'position';
  return `, ${unit} ${place.position} by the hash of ${place.hashed}`;
}

function renderFailed(failed: FailedCondition | undefined): string {
  return failed === undefined ? '' : `, ${failed.condition} ${failed.value} does not hold`;
}
