// One flag for each key of the config that is not in a list of tables, made from the declarations.
import { type Command, Option as FlagOption } from 'commander';
import type { Flags } from '../config/overrides.ts';
import { flagName, isOverridable, SECTIONS } from '../config/sections.ts';
import type { Option } from '../util/option.ts';

/** Adds the flags to a command. Each takes a value and may come again; the last counts, of a list all do. */
export function addConfigFlags(command: Command): void {
  for (const { flag, option } of flagOptions()) {
    const declared = new FlagOption(`${flag} <${valueName(option)}>`, describe(option));
    command.addOption(declared.argParser<string[]>((value, previous) => [...(previous ?? []), value]));
  }
}

/** Collects the flags that were given. */
export function collectConfigFlags(command: Command): Flags {
  const given = command.opts<Record<string, unknown>>();
  const flags = new Map<string, readonly string[]>();
  for (const { flag } of flagOptions()) {
    const values = given[new FlagOption(`${flag} <value>`).attributeName()];
    if (Array.isArray(values)) flags.set(flag, values.map(String));
  }
  return flags;
}

/** Completes a flag of a yes-or-no key that stands alone: `--write-back` is `--write-back=true`. */
export function completeSwitches(args: readonly string[]): string[] {
  const switches = new Set(
    flagOptions().flatMap(({ flag, option }) => (option.type === 'bool' ? [flag] : [])),
  );
  return args.map((arg, index) => {
    const next = args[index + 1];
    return switches.has(arg) && next !== 'true' && next !== 'false' ? `${arg}=true` : arg;
  });
}

function flagOptions(): { readonly flag: string; readonly option: Option }[] {
  const overridable = SECTIONS.filter((section) => isOverridable(section));
  return overridable.flatMap((section) =>
    section.options.map((option) => ({ flag: flagName(section, option), option })),
  );
}

function valueName(option: Option): string {
  if (option.type === 'bool') return 'true|false';
  if (option.type === 'choice') return (option.choices ?? []).join('|');
  if (option.type === 'strings') return 'string';
  if (option.type === 'millis') return 'ms';
  return option.type === 'int' ? 'number' : option.type;
}

function describe(option: Option): string {
  if (option.status === 'accepted') return `${option.doc} Has no effect.`;
  if (option.status === 'later' || option.status === 'refused') return `${option.doc} Not built yet.`;
  const { default: value } = option;
  return value === undefined || value === '' || typeof value === 'object'
    ? option.doc
    : `${option.doc} (default: ${String(value)})`;
}
