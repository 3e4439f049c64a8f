// A command on its own, not in a file: telnet and HTTP. The same parser and the same checks as for `[init] cmds`.
import type { Operation } from '../../table/operation.ts';
import { parseImperative } from '../imperative.ts';
import { fail, type ParsedImperative } from './imperative-words.ts';
import { outsidePlace, Problems } from '../problem.ts';
import { checkAggregator } from '../read-aggregator.ts';
import { DestinationReader, type ParseDestination } from '../read-destination.ts';
import { checkRewriter } from '../read-rewriter.ts';

const PLACE = outsidePlace('command');

/** Reads a command; the error is the first thing that is wrong with it. Regexes are judged by whoever compiles them. */
export function readCommand(command: string, parseDestination: ParseDestination): ParsedImperative {
  const problems = new Problems();
  // Whether it goes with the relay's own `durability` is judged where the table is put in force.
  const destinations = new DestinationReader({ durability: 'memory' }, parseDestination, problems);
  const parsed = parseImperative(command, (text) =>
    destinations.readGiven({ text, place: PLACE, placeAt: () => PLACE }),
  );
  const error = firstError(problems) ?? (parsed.ok ? ruleError(parsed.operation) : undefined);
  return error === undefined ? parsed : fail(error);
}

/** Says what is wrong with a rule, in crng's words where it has some; undefined when nothing is. */
export function ruleError(operation: Operation): string | undefined {
  const problems = new Problems();
  if (operation.kind === 'addRewriter') checkRewriter(operation.rewriter, () => PLACE, problems);
  if (operation.kind === 'addAgg') checkAggregator(operation.aggregator, () => PLACE, problems);
  return firstError(problems);
}

function firstError(problems: Problems): string | undefined {
  return problems.list.find(({ kind }) => kind === 'error')?.message;
}
