// The options of one table of a config, found, checked and defaulted. Getters never fail: what was wrong has been noted
// as a problem by then, and the default stands in for it.
import type { Option } from '../util/option.ts';
import { findNearest } from './nearest.ts';
import type { Overrides } from './overrides.ts';
import type { Place, Problems } from './problem.ts';
import { envName, flagName, isOverridable, type Section, sectionTitle, SECTIONS } from './sections.ts';
import {
  checkNode,
  checkText,
  defaultValue,
  type PlacedText,
  type Setting,
  type SettingValue,
} from './setting.ts';
import type { TomlEntry, TomlTable } from './toml-tree.ts';

/** The values of one table. */
export class Settings {
  /** Where the table begins. */
  readonly place: Place;
  readonly #options: ReadonlyMap<string, Option>;
  readonly #given: ReadonlyMap<string, Setting>;

  constructor(options: readonly Option[], given: ReadonlyMap<string, Setting>, place: Place) {
    this.#options = new Map(options.map((option) => [option.name, option]));
    this.#given = given;
    this.place = place;
  }

  /** Finds what was written for an option; undefined when nothing was. */
  given(name: string): Setting | undefined {
    return this.#given.get(name);
  }

  /** Finds the place of an option's value, or of the table when it was not written. */
  placeOf(name: string): Place {
    return this.#given.get(name)?.place ?? this.place;
  }

  /** Every single value, by the name of its option; lists are left out. */
  values(): Readonly<Record<string, string | number | boolean>> {
    const values: Record<string, string | number | boolean> = {};
    for (const name of this.#options.keys()) {
      const value = this.#value(name);
      if (typeof value !== 'object') values[name] = value;
    }
    return values;
  }

  value(name: string): SettingValue {
    return this.#value(name);
  }

  string(name: string): string {
    return this.#value(name) as string;
  }

  number(name: string): number {
    return this.#value(name) as number;
  }

  boolean(name: string): boolean {
    return this.#value(name) as boolean;
  }

  texts(name: string): readonly PlacedText[] {
    return this.#value(name) as readonly PlacedText[];
  }

  #value(name: string): SettingValue {
    const given = this.#given.get(name);
    if (given !== undefined) return given.value;
    return valueInstead(this.#options.get(name)!);
  }
}

function valueInstead(option: Option): SettingValue {
  return (
    defaultValue(option) ??
    (option.type === 'strings' || option.type === 'tables' ? [] : option.type === 'int' ? 0 : '')
  );
}

/** What reading a table needs. */
export interface SettingsSource {
  readonly section: Section;
  /** Undefined when the config has no such table. */
  readonly table: TomlTable | undefined;
  readonly place: Place;
  readonly overrides: Overrides;
}

/** Reads a table: keys in any letter case, old spellings, overrides, types and ranges. */
export function readSettings(source: SettingsSource, problems: Problems): Settings {
  const { section, table, place, overrides } = source;
  const entries = matchKeys(section, table, problems);
  const given = new Map<string, Setting>();
  for (const option of section.options) {
    const setting =
      readOverride(section, option, overrides, problems) ?? readEntries(option, entries, problems);
    if (setting !== undefined) given.set(option.name, setting);
    else if (option.required === true && !entries.has(option.name)) {
      problems.error(place, missingText(section, option));
    }
  }
  return new Settings(section.options, given, place);
}

function missingText(section: Section, option: Option): string {
  if (option.name === 'instance') return 'instance identifier cannot be empty: set "instance"';
  return `"${option.name}" is missing in ${sectionTitle(section)}`;
}

/** Finds the entries of each known key, by the option's name or alias; notes those that nobody knows. */
export function matchKeys(
  section: Section,
  table: TomlTable | undefined,
  problems: Problems,
): Map<string, TomlEntry> {
  const spellings = new Map<string, string>();
  for (const option of section.options) {
    for (const name of [option.name, ...(option.aliases ?? [])]) spellings.set(name.toLowerCase(), name);
  }
  const found = new Map<string, TomlEntry>();
  for (const entry of table?.entries ?? []) {
    const name = spellings.get(entry.key.toLowerCase());
    const earlier = name === undefined ? undefined : found.get(name);
    if (name === undefined) noteUnknown(section, entry, problems);
    else if (earlier === undefined) found.set(name, entry);
    else
      problems.error(
        entry.place,
        `"${entry.key}" is the same key as "${earlier.key}" in line ${earlier.place.line}`,
      );
  }
  return found;
}

function noteUnknown(section: Section, entry: TomlEntry, problems: Problems): void {
  if (section.form === 'top' && SECTIONS.some(({ name }) => name === entry.key.toLowerCase())) return;
  const names = section.options.map((option) => option.name);
  if (section.form === 'top') names.push(...SECTIONS.map(({ name }) => name).filter((name) => name !== ''));
  const nearest = findNearest(entry.key, names);
  let hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  const home = SECTIONS.find(({ options }) => options.some((option) => isNamed(option, entry.key)));
  if (home !== undefined) hint = `; it belongs in ${sectionTitle(home)}`;
  if (home?.form === 'top') hint = '; it belongs at the top, before the first [section]';
  const where = section.form === 'top' ? '' : ` in ${sectionTitle(section)}`;
  problems.unknown(entry.place, `unknown key "${entry.key}"${where}${hint}`);
}

function isNamed(option: Option, key: string): boolean {
  const name = key.toLowerCase();
  return [option.name, ...(option.aliases ?? [])].some((spelling) => spelling.toLowerCase() === name);
}

/** Joins an option's spellings: lists are appended, of single values the first that is not empty counts (crng). */
function readEntries(
  option: Option,
  entries: ReadonlyMap<string, TomlEntry>,
  problems: Problems,
): Setting | undefined {
  let chosen: Setting | undefined;
  for (const name of [option.name, ...(option.aliases ?? [])]) {
    const entry = entries.get(name);
    const setting = entry === undefined ? undefined : readEntry(option, entry, problems);
    if (setting === undefined) continue;
    if (chosen === undefined || chosen.value === '') chosen = setting;
    else if (typeof chosen.value === 'object' && typeof setting.value === 'object') {
      chosen = { ...chosen, value: [...chosen.value, ...setting.value] };
    }
  }
  return chosen;
}

function readEntry(option: Option, entry: TomlEntry, problems: Problems): Setting | undefined {
  const { value: node } = entry;
  const checked = checkNode(option, node);
  if (checked.ok) {
    const placeAt = (index: number): Place => (node.kind === 'scalar' ? node.placeAt(index) : node.place);
    return { value: checked.value, place: node.place, placeAt };
  }
  problems.error(node.place, `"${entry.key}" ${checked.expected}`);
  // It was written all the same: nobody shall be told that it is missing.
  return { value: valueInstead(option), place: node.place, placeAt: () => node.place };
}

function readOverride(
  section: Section,
  option: Option,
  overrides: Overrides,
  problems: Problems,
): Setting | undefined {
  if (!isOverridable(section)) return undefined;
  const found = overrides.find(envName(section, option), flagName(section, option));
  if (found === undefined) return undefined;
  const { place, texts } = found;
  const placeAt = (): Place => place;
  if (option.type === 'strings')
    return { value: texts.map((text) => ({ text, place, placeAt })), place, placeAt };
  const checked = checkText(option, texts.at(-1) ?? '');
  if (checked.ok) return { value: checked.value, place, placeAt };
  problems.error(place, checked.expected);
  return undefined;
}
