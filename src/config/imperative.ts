// Commands that change the table, in crng's grammar: words between white space, where two spaces are a separator between
// a route and its destinations. Parsed to a plain value; nothing is applied here. `[init] cmds` and telnet share them.
import type { Operation } from '../table/operation.ts';
import { ADD_AGG } from './imperative/aggregator-imperative.ts';
import {
  type Command,
  fail,
  type ParsedImperative,
  type ReadDestination,
  splitWords,
} from './imperative/imperative-words.ts';
import { ROUTE_COMMANDS } from './imperative/route-imperatives.ts';
import { RULE_COMMANDS } from './imperative/rule-imperatives.ts';

/** Every command that changes the table, in the order of the help. */
export const COMMANDS: readonly Command[] = [...RULE_COMMANDS, ADD_AGG, ...ROUTE_COMMANDS];

/** Parses a command. */
export function parseImperative(command: string, readDestination: ReadDestination): ParsedImperative {
  const [name = '', ...words] = splitWords(command);
  const found = COMMANDS.find(({ names }) => names.includes(name));
  if (found === undefined) return fail(`unrecognized command ${JSON.stringify(name)}`);
  const parsed: Operation | string = found.parse(words, readDestination);
  return typeof parsed === 'string' ? fail(parsed) : { ok: true, operation: parsed };
}
