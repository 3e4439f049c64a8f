// `include`: files whose rules are appended to those of the file that names them, in the order of the list and of the
// names that a pattern finds. An included file holds rules and other includes, no settings: where a setting stands must
// not depend on what lies in a folder.
import { dirname, resolve } from 'node:path';
import { findNearest } from './nearest.ts';
import type { Overrides } from './overrides.ts';
import type { Place, Problems } from './problem.ts';
import { envName, flagName, SECTIONS, TOP_SECTION } from './sections.ts';
import { checkNode } from './setting.ts';
import {
  CONFIG_CHARS_MAX,
  type ConfigText,
  type TomlArray,
  type TomlEntry,
  type TomlTable,
} from './toml-tree.ts';

/** What including needs of the world. */
export interface IncludeFiles {
  /** Lists the files that a pattern matches, relative to a folder, each as a path like `file` in `readText`, sorted. */
  list(pattern: string, folder: string): readonly string[];
  /** Reads a file; throws an error whose message is fit for the user. */
  readText(file: string): string;
}

export interface IncludeDependencies {
  readonly files: IncludeFiles;
  /** Parses a file; undefined after noting why it is none. */
  readonly parse: (text: ConfigText) => TomlTable | undefined;
  readonly overrides: Overrides;
  readonly problems: Problems;
}

/** Most files of one config, itself not counted. */
const FILES_MAX = 1000;
const OPTION = TOP_SECTION.options.find(({ name }) => name === 'include')!;
const RULES = ['include', 'blocklist', 'blacklist', 'init', 'rewriter', 'aggregation', 'route'];
const MAGIC = /[*?[\]{}]/;

/** A pattern and the folder that it starts from. */
interface Pattern {
  readonly text: string;
  readonly place: Place;
  readonly folder: string;
}

/** Appends to `root`, read from `file`, what it includes; returns the files that were read, in order. */
export function mergeIncludes(root: TomlTable, file: string, dependencies: IncludeDependencies): string[] {
  return new Includer(root, dependencies).merge(file);
}

class Includer {
  readonly #root: TomlTable;
  readonly #deps: IncludeDependencies;
  /** Each file by its whole path, and who includes it. */
  readonly #includedBy = new Map<string, string>();
  readonly #read: string[] = [];
  #chars = 0;

  constructor(root: TomlTable, dependencies: IncludeDependencies) {
    this.#root = root;
    this.#deps = dependencies;
  }

  merge(file: string): string[] {
    const found = this.#deps.overrides.find(envName(TOP_SECTION, OPTION), flagName(TOP_SECTION, OPTION));
    const patterns =
      found === undefined
        ? this.#patternsOf(this.#root, file)
        : found.texts.map((text) => ({ text, place: found.place, folder: '.' }));
    this.#include(patterns, [file]);
    return this.#read;
  }

  #patternsOf(table: TomlTable, file: string): Pattern[] {
    const entry = table.entries.find(({ key }) => key.toLowerCase() === OPTION.name);
    if (entry === undefined) return [];
    const checked = checkNode(OPTION, entry.value);
    if (checked.ok) {
      const texts = checked.value as readonly { readonly text: string; readonly place: Place }[];
      return texts.map(({ text, place }) => ({ text, place, folder: dirname(file) }));
    }
    // That of the config itself is judged with its other keys.
    if (table !== this.#root) this.#deps.problems.error(entry.place, `"include" ${checked.expected}`);
    return [];
  }

  /** `chain`: the files from the config to the one that includes. */
  #include(patterns: readonly Pattern[], chain: readonly string[]): void {
    const seen = new Set<string>();
    for (const pattern of patterns) {
      for (const file of this.#find(pattern)) {
        if (seen.has(file)) continue;
        seen.add(file);
        if (this.#mayInclude(file, pattern, chain)) this.#append(file, pattern, chain);
      }
    }
  }

  #find({ text, place, folder }: Pattern): readonly string[] {
    const { files, problems } = this.#deps;
    if (text === '') {
      problems.error(place, 'an include must name a file');
      return [];
    }
    let found: readonly string[] = [];
    try {
      found = files.list(text, folder);
    } catch (error) {
      problems.error(place, `cannot include "${text}": ${(error as Error).message}`);
      return [];
    }
    if (found.length > 0) return found;
    if (MAGIC.test(text)) problems.warn(place, `include "${text}" matches no file in ${resolve(folder)}`);
    else
      problems.error(place, `cannot include "${text}": no such file (looked for ${resolve(folder, text)})`);
    return [];
  }

  #mayInclude(file: string, { place }: Pattern, chain: readonly string[]): boolean {
    const { problems } = this.#deps;
    const path = resolve(file);
    const at = chain.findIndex((above) => resolve(above) === path);
    if (at >= 0) {
      problems.error(place, `include goes in a circle: ${[...chain.slice(at), file].join(' -> ')}`);
      return false;
    }
    const other = this.#includedBy.get(path);
    if (other !== undefined) {
      problems.error(place, `"${file}" is included twice: ${other} does so too`);
      return false;
    }
    if (this.#read.length < FILES_MAX) return true;
    problems.error(place, `more than ${FILES_MAX} files are included`);
    return false;
  }

  #append(file: string, { place }: Pattern, chain: readonly string[]): void {
    const { files, problems, parse } = this.#deps;
    this.#includedBy.set(resolve(file), chain.at(-1) ?? '');
    this.#read.push(file);
    let text: string;
    try {
      text = files.readText(file);
    } catch (error) {
      problems.error(place, `cannot include "${file}": ${(error as Error).message}`);
      return;
    }
    this.#chars += text.length;
    if (this.#chars > CONFIG_CHARS_MAX) {
      problems.error(place, `the included files are longer than ${CONFIG_CHARS_MAX} characters together`);
      return;
    }
    const table = parse({ file, text });
    if (table === undefined) return;
    for (const entry of table.entries) this.#adopt(entry, chain[0] ?? '');
    this.#include(this.#patternsOf(table, file), [...chain, file]);
  }

  #adopt(entry: TomlEntry, main: string): void {
    const name = entry.key.toLowerCase();
    if (!RULES.includes(name)) this.#refuse(entry, main);
    else if (name === 'init') this.#adoptCommands(entry);
    else if (name === 'blocklist' || name === 'blacklist') this.#adoptList(this.#root, entry);
    else if (name !== 'include') this.#root.entries.push(entry);
  }

  #refuse(entry: TomlEntry, main: string): void {
    const { problems } = this.#deps;
    const name = entry.key.toLowerCase();
    const isKnown = SECTIONS.some(
      (section) =>
        section.name === name ||
        (section.form === 'top' && section.options.some((option) => option.name === name)),
    );
    if (isKnown) {
      const message = `"${entry.key}" belongs in ${main}: an included file holds routes, rewriters, aggregations, a blocklist and [init] cmds`;
      problems.error(entry.place, message);
      return;
    }
    const nearest = findNearest(entry.key, RULES);
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    problems.unknown(entry.place, `unknown key "${entry.key}" in an included file${hint}`);
  }

  /** Appends a list to the one of the same name. */
  #adoptList(to: TomlTable, entry: TomlEntry): void {
    const name = entry.key.toLowerCase();
    const there = to.entries.find(({ key }) => key.toLowerCase() === name);
    const items = entry.value.kind === 'array' ? entry.value.items : undefined;
    if (items === undefined)
      this.#deps.problems.error(entry.place, `"${entry.key}" must be a list of strings`);
    else if (there === undefined)
      to.entries.push({ ...entry, value: { ...(entry.value as TomlArray), items: [...items] } });
    else if (there.value.kind === 'array') there.value.items.push(...items);
  }

  #adoptCommands(entry: TomlEntry): void {
    const there = this.#root.entries.find(({ key }) => key.toLowerCase() === 'init');
    if (there === undefined) {
      this.#root.entries.push(entry);
      return;
    }
    const commands = commandsOf(entry);
    if (commands === undefined) this.#deps.problems.error(entry.place, '[init] must be a table');
    else if (there.value.kind === 'table')
      for (const command of commands) this.#adoptList(there.value, command);
    else if (there.value.kind === 'array') {
      for (const { value } of commands) if (value.kind === 'array') there.value.items.push(...value.items);
    }
  }
}

/** The entries of an `[init]`; before 0.9 it was a list of commands by itself. */
function commandsOf({ value, place }: TomlEntry): readonly TomlEntry[] | undefined {
  if (value.kind === 'table') return value.entries;
  return value.kind === 'array' && !value.ofTables ? [{ key: 'cmds', place, value }] : undefined;
}
