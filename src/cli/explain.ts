// `sluice explain`: what the relay would do with a line, step by step. The JSON form is a surface that stays fixed.
import type { Config } from '../config/config.ts';
import { destinationKey } from '../destination/destination-key.ts';
import { parseLine } from '../metric/parse-line.ts';
import type { ExplainStep } from '../table/explain.ts';
import type { Snapshot } from '../table/snapshot.ts';

/** The reason of a line that an aggregation with `dropRaw` keeps to itself. */
export const CONSUMED = 'ended by dropRaw';

/** A destination that gets the line. `addr` is `host:port` or `file:PATH`. */
export interface ExplainedDestination {
  readonly route: string;
  readonly key: string;
  readonly addr: string;
  readonly instance: string;
  /** One line goes to one of the destinations of this route; true for those of a `round_robin` alone. */
  readonly in_turn?: true;
}

/**
 * What becomes of a line. `key` is the key with which it leaves, rewritten or not; `reason` says why the line is not
 * valid or goes nowhere, and is empty when it goes somewhere; `destinations` holds exactly those that get it.
 */
export interface ExplainedLine {
  readonly line: string;
  readonly valid: boolean;
  readonly reason: string;
  readonly key: string;
  readonly steps: readonly ExplainStep[];
  readonly destinations: readonly ExplainedDestination[];
}

/** Explains one line, bytes without its newline. */
export function explainLine(line: Uint8Array, config: Config, snapshot: Snapshot): ExplainedLine {
  const text = decode(line);
  const parsed = parseLine(line, config.levels);
  if (!parsed.ok) {
    const key = parsed.key === undefined ? '' : decode(parsed.key);
    const steps: ExplainStep[] = [{ kind: 'validate', error: parsed.text }];
    return { line: text, valid: false, reason: parsed.text, key, steps, destinations: [] };
  }
  const { steps, plan } = snapshot.explain(parsed.key);
  const key = decode((plan.kind === 'route' ? plan.key : undefined) ?? parsed.key);
  if (plan.kind === 'drop') {
    const valid = plan.reason !== 'invalid';
    return { line: text, valid, reason: plan.text ?? plan.reason, key, steps, destinations: [] };
  }
  if (plan.kind === 'consume') {
    return { line: text, valid: true, reason: CONSUMED, key, steps, destinations: [] };
  }
  return { line: text, valid: true, reason: '', key, steps, destinations: takenDestinations(steps, config) };
}

function takenDestinations(steps: readonly ExplainStep[], config: Config): ExplainedDestination[] {
  const taken: ExplainedDestination[] = [];
  for (const step of steps) {
    if (step.kind !== 'route') continue;
    for (const { index, outcome } of step.destinations) {
      if (outcome !== 'taken' && outcome !== 'in_turn') continue;
      const options = config.table.routes[step.index]!.destinations[index]!;
      const { address } = options;
      const isFile = address.protocol === 'file';
      taken.push({
        route: step.key,
        key: destinationKey(step.key, options.addr),
        addr: isFile ? options.addr : `${bracket(address.host)}:${address.port}`,
        instance: isFile ? '' : address.instance,
        ...(outcome === 'in_turn' && { in_turn: true }),
      });
    }
  }
  return taken;
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
