// From the table that config files make to another one, by changing as little of their texts as can be. What is written
// is checked by whoever asked: read again, it must make the table that is wanted.
import type { DestinationOptions } from '../../destination/options.ts';
import type { MatcherOptions, RouteOptions, TableOptions } from '../../table/options.ts';
import { diffLists } from '../../util/diff-lists.ts';
import type { ExpansionWorld } from '../expand-variables.ts';
import { changeDestinationText } from './destination-text.ts';
import { editList, type ListEntry } from './edit-list.ts';
import {
  aggregatorKeys,
  blocklistText,
  type RenderDestination,
  rewriterKeys,
  routeKeys,
  type RuleKeys,
} from './rule-keys.ts';
import { SectionEditor } from './section-editor.ts';
import type { Range, SourceFile, SourceKey, SourceSection } from './source-file.ts';
import { TextEdits } from './text-edits.ts';
import { renderString } from './toml-text.ts';

export interface PlanDependencies {
  readonly world: ExpansionWorld;
  readonly renderDestination: RenderDestination;
}

/** The texts that change by file, or why it cannot be done so. */
export type Plan =
  | { readonly ok: true; readonly texts: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly why: string };

/** Thrown inside this room only. */
class Unwritable extends Error {}

/** A string of a list in a file. */
interface Entry extends Range {
  readonly file: number;
  readonly list: SourceKey;
  readonly index: number;
}

interface Section {
  readonly file: number;
  readonly section: SourceSection;
}

type Rules = 'blocklist' | 'rewriters' | 'aggregators' | 'routes';

/** What makes a rule of each kind: the commands of `[init]`, and the section. */
const COMMANDS: Readonly<Record<Rules, readonly string[]>> = {
  blocklist: ['addBlock', 'addBlack'],
  rewriters: ['addRewriter'],
  aggregators: ['addAgg'],
  routes: ['addRoute'],
};

/** Plans the change; `files`: the config itself, then what it includes, in order. */
export function planEdits(
  files: readonly SourceFile[],
  before: TableOptions,
  after: TableOptions,
  dependencies: PlanDependencies,
): Plan {
  try {
    return { ok: true, texts: new Planner(files, dependencies).plan(before, after) };
  } catch (error) {
    if (error instanceof Unwritable) return { ok: false, why: error.message };
    throw error;
  }
}

class Planner {
  readonly #files: readonly SourceFile[];
  readonly #deps: PlanDependencies;
  readonly #edits: readonly TextEdits[];
  /** The entries of each list that changes. */
  readonly #lists = new Map<SourceKey, { readonly file: number; readonly entries: ListEntry[] }>();

  constructor(files: readonly SourceFile[], dependencies: PlanDependencies) {
    this.#files = files;
    this.#deps = dependencies;
    this.#edits = files.map(({ text }) => new TextEdits(text));
  }

  plan(before: TableOptions, after: TableOptions): Map<string, string> {
    this.#keepCommands();
    this.#planBlocklist(before.blocklist, after.blocklist);
    this.#planSections('rewriters', 'rewriter', before.rewriters, after.rewriters, rewriterKeys);
    this.#planSections('aggregators', 'aggregation', before.aggregators, after.aggregators, aggregatorKeys);
    this.#planRoutes(before.routes, after.routes);
    for (const [list, { file, entries }] of this.#lists) this.#editList(file, list, entries);
    const texts = new Map<string, string>();
    for (const [index, edits] of this.#edits.entries()) {
      if (edits.count === 0) continue;
      const text = edits.apply();
      if (text === undefined) throw new Unwritable('two changes concern the same place');
      texts.set(this.#files[index]!.file, text);
    }
    return texts;
  }

  /** Commands that make no rule stay, and so do those whose rules are not taken away. */
  #keepCommands(): void {
    for (const [file, source] of this.#files.entries()) {
      const list = commandsOf(source);
      const entries = list?.items?.map((_, index) => ({ kept: index }));
      if (list !== undefined && entries !== undefined) this.#lists.set(list, { file, entries });
    }
  }

  #commands(kind: Rules): Entry[] {
    return this.#entriesOf(commandsOf).filter(({ file, start, end }) => {
      const word = /^["']+\s*(\w+)/.exec(this.#files[file]!.text.slice(start, end))?.[1];
      return word !== undefined && COMMANDS[kind].includes(word);
    });
  }

  #entriesOf(find: (source: SourceFile) => SourceKey | undefined): Entry[] {
    return this.#files.flatMap((source, file) => {
      const list = find(source);
      return list === undefined
        ? []
        : (list.items ?? []).map((item, index) => ({ ...item, file, list, index }));
    });
  }

  #removeCommand({ list, index }: Entry): void {
    const entries = this.#lists.get(list)!.entries;
    const at = entries.findIndex((entry) => 'kept' in entry && entry.kept === index);
    entries.splice(at, 1);
  }

  #planBlocklist(before: readonly MatcherOptions[], after: readonly MatcherOptions[]): void {
    const commands = this.#commands('blocklist');
    const entries = ['blocklist', 'blacklist'].flatMap((name) =>
      this.#entriesOf((source) => topKey(source, name)),
    );
    const { pairs, removed } = align(before.map(asText), after.map(asText), commands.length + entries.length);
    if (pairs.size === after.length && removed.length === 0) return;
    for (const index of removed) if (index < commands.length) this.#removeCommand(commands[index]!);
    this.#openLists(entries);
    let list = entries[0]?.list ?? this.#emptyBlocklist();
    const added: string[] = [];
    for (const [index, matcher] of after.entries()) {
      const source = pairs.get(index);
      if (source !== undefined && source < commands.length) continue;
      if (source !== undefined) {
        const entry = entries[source - commands.length]!;
        list = entry.list;
        this.#lists.get(list)!.entries.push({ kept: entry.index });
        continue;
      }
      const text = blocklistText(matcher);
      if (text === undefined) throw new Unwritable('a blocklist entry has not one condition');
      const rendered = renderString(text, this.#deps.world);
      if (list === undefined) added.push(rendered);
      else this.#lists.get(list)!.entries.push({ added: rendered });
    }
    if (added.length > 0) this.#addBlocklist(added);
  }

  #openLists(entries: readonly Entry[]): void {
    for (const { list, file } of entries) this.#lists.set(list, { file, entries: [] });
  }

  #emptyBlocklist(): SourceKey | undefined {
    const list = topKey(this.#files[0]!, 'blocklist');
    if (list !== undefined) this.#lists.set(list, { file: 0, entries: [] });
    return list;
  }

  #addBlocklist(texts: readonly string[]): void {
    const { top, newline, text } = this.#files[0]!;
    const edits = this.#edits[0]!;
    const at = top.length === 0 ? 0 : edits.lineEnd(top.at(-1)!.end);
    const start = text !== '' && at === text.length && !text.endsWith('\n') ? newline : '';
    edits.insert(
      at,
      `${start}blocklist = [${newline}${texts.map((one) => `  ${one},${newline}`).join('')}]${newline}`,
    );
  }

  #editList(file: number, list: SourceKey, entries: readonly ListEntry[]): void {
    const count = list.items?.length ?? 0;
    if (
      entries.length === count &&
      entries.every((entry, at) => 'kept' in entry && entry.kept === at && entry.text === undefined)
    ) {
      return;
    }
    const { text, newline } = this.#files[file]!;
    editList(this.#edits[file]!, text, list, entries, newline);
  }

  #sections(name: string): Section[] {
    return this.#files.flatMap(({ sections }, file) =>
      sections.filter((section) => section.name === name).map((section) => ({ file, section })),
    );
  }

  #planSections<Rule>(
    kind: Rules,
    name: string,
    before: readonly Rule[],
    after: readonly Rule[],
    keysOf: (rule: Rule) => RuleKeys,
  ): void {
    const commands = this.#commands(kind);
    const sections = this.#sections(name);
    const aligned = align(before.map(asText), after.map(asText), commands.length + sections.length);
    this.#placeSections(name, commands, sections, aligned, after.map(keysOf));
  }

  /** Takes sections out and puts new ones behind those that they follow. */
  #placeSections(
    name: string,
    commands: readonly Entry[],
    sections: readonly Section[],
    { pairs, removed }: Alignment,
    rules: readonly RuleKeys[],
  ): void {
    for (const index of removed) {
      if (index < commands.length) this.#removeCommand(commands[index]!);
      else {
        const { file, section } = sections[index - commands.length]!;
        this.#edits[file]!.removeBlock(section);
      }
    }
    const keptOf = (index: number): Section | undefined => {
      const source = pairs.get(index);
      return source === undefined ? undefined : sections[source - commands.length];
    };
    const firstKept = [...rules.keys()].map(keptOf).find((section) => section !== undefined);
    let behind: Section | undefined;
    for (const [index, keys] of rules.entries()) {
      const kept = keptOf(index);
      if (kept !== undefined) behind = kept;
      else if (!pairs.has(index)) this.#addSection(name, keys, behind, firstKept ?? sections[0]);
    }
  }

  #addSection(name: string, keys: RuleKeys, behind: Section | undefined, before: Section | undefined): void {
    const file = behind?.file ?? before?.file ?? 0;
    const source = this.#files[file]!;
    const editor = new SectionEditor(source, this.#edits[file]!, this.#deps.world);
    if (behind !== undefined) editor.addBehind(behind.section, name, keys);
    else if (before !== undefined) editor.addBefore(before.section, name, keys);
    else editor.addAtEnd(name, keys);
  }

  #planRoutes(before: readonly RouteOptions[], after: readonly RouteOptions[]): void {
    const { renderDestination } = this.#deps;
    const commands = this.#commands('routes');
    const sections = this.#sections('route');
    const names = (routes: readonly RouteOptions[]): string[] => routes.map(({ key }) => key);
    const aligned = align(names(before), names(after), commands.length + sections.length);
    const pairs = new Map(aligned.pairs);
    const removed = [...aligned.removed];
    for (const [index, source] of aligned.pairs) {
      const [old, now] = [before[source]!, after[index]!];
      if (asText(old) === asText(now)) continue;
      const found = sections[source - commands.length];
      if (found !== undefined) this.#changeRoute(found, old, now);
      else {
        // A command becomes a section.
        pairs.delete(index);
        removed.push(source);
      }
    }
    const keys = after.map((route) => routeKeys(route, renderDestination));
    this.#placeSections('route', commands, sections, { pairs, removed }, keys);
  }

  #changeRoute({ file, section }: Section, old: RouteOptions, now: RouteOptions): void {
    const { renderDestination, world } = this.#deps;
    const editor = new SectionEditor(this.#files[file]!, this.#edits[file]!, world);
    const without = (route: RouteOptions): RuleKeys => {
      const keys = routeKeys(route, renderDestination);
      return new Map([...keys].filter(([name]) => name !== 'destinations'));
    };
    editor.changeKeys(section, without(old), without(now));
    if (asText(old.destinations) === asText(now.destinations)) return;
    const list = section.keys.find(({ name }) => name === 'destinations');
    if (list?.items?.length !== old.destinations.length) {
      throw new Unwritable(`the destinations of route "${now.key}" are not written as a list in its section`);
    }
    this.#editList(file, list, this.#destinationEntries(file, list, old.destinations, now.destinations));
  }

  #destinationEntries(
    file: number,
    list: SourceKey,
    before: readonly DestinationOptions[],
    after: readonly DestinationOptions[],
  ): ListEntry[] {
    const { renderDestination, world } = this.#deps;
    const addresses = (all: readonly DestinationOptions[]): string[] => all.map(({ addr }) => addr);
    const { pairs } = align(addresses(before), addresses(after), before.length);
    return after.map((destination, index) => {
      const source = pairs.get(index);
      const now = renderDestination(destination);
      if (source === undefined) return { added: renderString(now, world) };
      if (asText(before[source]) === asText(destination)) return { kept: source };
      const { start, end } = list.items![source]!;
      const text = this.#files[file]!.text.slice(start, end);
      const changed = changeDestinationText(text, renderDestination(before[source]!), now);
      return { kept: source, text: changed ?? renderString(now, world) };
    });
  }
}

interface Alignment {
  /** Place after → place before. */
  readonly pairs: ReadonlyMap<number, number>;
  readonly removed: readonly number[];
}

/** Finds which rules stay; `written`: how many the files hold. */
function align(before: readonly string[], after: readonly string[], written: number): Alignment {
  if (written !== before.length)
    throw new Unwritable('some rules are not written as sections or lists of strings');
  const { removed, added } = diffLists(before, after);
  const gone = new Set(removed);
  const fresh = new Set(added);
  const stays = [...before.keys()].filter((index) => !gone.has(index));
  const there = [...after.keys()].filter((index) => !fresh.has(index));
  return { pairs: new Map(there.map((index, nth) => [index, stays[nth]!])), removed };
}

/** Equal for equal values, whatever the order of their fields. */
function asText(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

function topKey(source: SourceFile, name: string): SourceKey | undefined {
  return source.top.find((key) => key.name === name);
}

/** The list of commands: that of `[init]`, or before 0.9 `init` itself. */
function commandsOf(source: SourceFile): SourceKey | undefined {
  const section = source.sections.find(({ name }) => name === 'init');
  return (
    section?.keys.find(({ name }) => name === 'cmds') ?? topKey(source, 'init') ?? topKey(source, 'init.cmds')
  );
}
