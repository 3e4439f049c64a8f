// The value of one option, from whichever source: checked against its declaration, in the unit the code uses.
import { parseGoDuration } from '../util/go-duration.ts';
import type { Option } from '../util/option.ts';
import { findNearest } from './nearest.ts';
import type { Place } from './problem.ts';
import type { TomlNode } from './toml-tree.ts';

/** One string of a list, with the way to places inside it. */
export interface PlacedText {
  readonly text: string;
  readonly place: Place;
  placeAt(index: number): Place;
}

/** Durations and `millis` are ms; lists keep the place of each string. */
export type SettingValue = string | number | boolean | readonly PlacedText[];

/** A value and where it was written. */
export interface Setting {
  readonly value: SettingValue;
  readonly place: Place;
  placeAt(index: number): Place;
}

/** What a value turned out to be, or what was expected instead. */
export type Checked =
  | { readonly ok: true; readonly value: SettingValue }
  | { readonly ok: false; readonly expected: string };

/** Checks a value from the config file. */
export function checkNode(option: Option, node: TomlNode): Checked {
  if (option.type === 'strings') return checkList(node);
  if (option.type === 'tables') return checkTables(option, node);
  if (node.kind !== 'scalar') return wrong(option);
  const { type, value } = node;
  switch (option.type) {
    case 'string':
    case 'choice':
      return type === 'string' ? checkText(option, value as string) : wrong(option);
    case 'duration':
      // crng takes a bare 0, and no other bare number.
      if (type === 'integer' && value === 0) return { ok: true, value: 0 };
      return type === 'string' ? checkText(option, value as string) : wrong(option);
    case 'bool':
      return type === 'boolean' ? { ok: true, value: value as boolean } : wrong(option);
    case 'float':
      return type === 'float' || type === 'integer' ? checkNumber(option, value as number) : wrong(option);
    default:
      return type === 'integer' ? checkNumber(option, value as number) : wrong(option);
  }
}

/** Checks a value that came as text: a flag, an environment variable, a default. */
export function checkText(option: Option, text: string): Checked {
  switch (option.type) {
    case 'string':
      return option.choices === undefined ? { ok: true, value: text } : checkChoice(option, text, true);
    case 'choice':
      return checkChoice(option, text, false);
    case 'duration':
      return checkDuration(text);
    case 'bool':
      return text === 'true' || text === 'false' ? { ok: true, value: text === 'true' } : wrong(option);
    case 'strings':
    case 'tables':
      return wrong(option);
    case 'float':
      return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? checkNumber(option, Number(text)) : wrong(option);
    default:
      return /^[+-]?\d{1,16}$/.test(text) ? checkNumber(option, Number(text)) : wrong(option);
  }
}

/** Checks the declared default; a default that its own declaration refuses is our bug, and a test looks for it. */
export function defaultValue(option: Option): SettingValue | undefined {
  const written = option.default;
  if (written === undefined) return undefined;
  if (typeof written === 'object') return [];
  if (typeof written !== 'string') return written;
  const checked = checkText(option, written);
  return checked.ok ? checked.value : undefined;
}

function checkList(node: TomlNode): Checked {
  const expected = 'must be a list of strings';
  if (node.kind !== 'array') return { ok: false, expected };
  const texts: PlacedText[] = [];
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.type !== 'string') return { ok: false, expected };
    texts.push({ text: item.value as string, place: item.place, placeAt: (index) => item.placeAt(index) });
  }
  return { ok: true, value: texts };
}

/** The tables themselves are read from the tree. */
function checkTables(option: Option, node: TomlNode): Checked {
  const isList = node.kind === 'array' && node.items.every((item) => item.kind === 'table');
  return isList ? { ok: true, value: [] } : wrong(option);
}

function checkChoice(option: Option, text: string, anyCase: boolean): Checked {
  const choices = option.choices ?? [];
  const wanted = anyCase ? text.toLowerCase() : text;
  if (choices.includes(wanted)) return { ok: true, value: wanted };
  const nearest = findNearest(text, choices);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return { ok: false, expected: `must be one of ${choices.join(', ')}, not "${text}"${hint}` };
}

function checkDuration(text: string): Checked {
  const parsed = parseGoDuration(text);
  if (!parsed.ok) return { ok: false, expected: `must be a duration like "2m" or "500ms": ${parsed.error}` };
  if (parsed.ms < 0) return { ok: false, expected: 'must not be negative' };
  return { ok: true, value: parsed.ms };
}

function checkNumber(option: Option, value: number): Checked {
  const { min, max } = option;
  if (option.type !== 'float' && !Number.isSafeInteger(value)) return wrong(option);
  if (!Number.isFinite(value)) return wrong(option);
  if (min !== undefined && value < min) return { ok: false, expected: `must be at least ${min}` };
  if (max !== undefined && value > max) return { ok: false, expected: `must be at most ${max}` };
  return { ok: true, value };
}

function wrong(option: Option): Checked {
  return { ok: false, expected: `must be ${FORM[option.type]}` };
}

const FORM: Readonly<Record<Option['type'], string>> = {
  string: 'a string, in quotes',
  choice: 'a string, in quotes',
  duration: 'a duration in quotes, like "2m" or "500ms"',
  int: 'a whole number',
  millis: 'a whole number of milliseconds',
  bytes: 'a whole number of bytes',
  float: 'a number',
  bool: 'true or false, without quotes',
  strings: 'a list of strings',
  tables: 'a list of tables, [{ key = value, … }, …]',
};
