// Values as TOML text. A `$` that the config would take for a variable is written as an escape, so that what is read is
// what was meant.
import { type ExpansionWorld, expandVariables } from '../expand-variables.ts';

/** What a key of a rule can hold. */
export type TomlValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly Readonly<Record<string, string>>[];

/** Renders a value; a list of more than one entry takes a line for each, indented, and `newline` between them. */
export function renderValue(value: TomlValue, world: ExpansionWorld, newline: string): string {
  if (typeof value === 'string') return renderString(value, world);
  if (typeof value !== 'object') return String(value);
  const items = value.map((item) => renderItem(item, world));
  if (items.length < 2) return `[${items.join('')}]`;
  return `[${newline}${items.map((item) => `  ${item},${newline}`).join('')}]`;
}

/** Renders a string: plain in single quotes where that can be, else with escapes. */
export function renderString(text: string, world: ExpansionWorld): string {
  // oxlint-disable-next-line no-control-regex -- they must be escaped
  const isPlain = !/['\u0000-\u001f\u007f\ud800-\udfff]/.test(text);
  if (isPlain && !isExpanded(`'${text}'`, world)) return `'${text}'`;
  const escaped = text.replaceAll(/["\\$]|\p{Cc}/gu, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function renderItem(item: string | Readonly<Record<string, string>>, world: ExpansionWorld): string {
  if (typeof item === 'string') return renderString(item, world);
  const pairs = Object.entries(item).map(([name, value]) => `${name} = ${renderString(value, world)}`);
  return `{ ${pairs.join(', ')} }`;
}

function isExpanded(text: string, world: ExpansionWorld): boolean {
  return expandVariables(text, world).text !== text;
}
