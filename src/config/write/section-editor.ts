// A section of a config, changed in place or put in beside others.
import type { ExpansionWorld } from '../expand-variables.ts';
import type { RuleKeys } from './rule-keys.ts';
import type { SourceFile, SourceKey, SourceSection } from './source-file.ts';
import type { TextEdits } from './text-edits.ts';
import { renderValue, type TomlValue } from './toml-text.ts';

/** Spellings of a key that mean the same, in small letters. */
const ALIASES: Readonly<Record<string, string>> = { sub: 'substr' };

export class SectionEditor {
  readonly #source: SourceFile;
  readonly #edits: TextEdits;
  readonly #world: ExpansionWorld;

  constructor(source: SourceFile, edits: TextEdits, world: ExpansionWorld) {
    this.#source = source;
    this.#edits = edits;
    this.#world = world;
  }

  /** Puts a section behind another one, an empty line between them. */
  addBehind({ end }: SourceSection, name: string, keys: RuleKeys): void {
    const { text, newline } = this.#source;
    const at = this.#edits.lineEnd(end);
    const start = at === text.length && !text.endsWith('\n') ? newline : '';
    this.#edits.insert(at, `${start}${newline}${this.#render(name, keys)}`);
  }

  /** Puts a section before another one and the comments above that. */
  addBefore({ start }: SourceSection, name: string, keys: RuleKeys): void {
    const { newline } = this.#source;
    this.#edits.insert(this.#edits.blockStart(start), `${this.#render(name, keys)}${newline}`);
  }

  addAtEnd(name: string, keys: RuleKeys): void {
    const { text, newline } = this.#source;
    const start = text === '' || text.endsWith('\n') ? '' : newline;
    this.#edits.insert(text.length, `${start}${newline}${this.#render(name, keys)}`);
  }

  /** Changes the keys that differ, adds those that are new and takes out those that are gone. */
  changeKeys(section: SourceSection, before: RuleKeys, after: RuleKeys): void {
    const { newline } = this.#source;
    const text = (keys: RuleKeys, name: string): string | undefined => {
      const value = keys.get(name);
      return value === undefined ? undefined : this.#renderValue(value);
    };
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const value = text(after, name);
      if (text(before, name) === value) continue;
      const there = this.#find(section, name);
      if (value === undefined && there !== undefined) this.#edits.removeLines(there);
      else if (value !== undefined && there !== undefined) this.#edits.replace(there.value, value);
      else if (value !== undefined) {
        const at = this.#edits.lineEnd(this.#firstKey(section).end);
        const start = at === this.#source.text.length && !this.#source.text.endsWith('\n') ? newline : '';
        this.#edits.insert(at, `${start}${name} = ${value}${newline}`);
      }
    }
  }

  #find(section: SourceSection, name: string): SourceKey | undefined {
    const names = [name.toLowerCase(), ALIASES[name] ?? ''];
    return section.keys.find((key) => names.includes(key.name));
  }

  /** New keys go behind the type of a route, where its conditions stand. */
  #firstKey(section: SourceSection): { readonly end: number } {
    return this.#find(section, 'type') ?? section.keys.at(-1) ?? section;
  }

  #render(name: string, keys: RuleKeys): string {
    const { newline } = this.#source;
    const lines = [...keys].map(([key, value]) => `${key} = ${this.#renderValue(value)}`);
    return [`[[${name}]]`, ...lines, ''].join(newline);
  }

  #renderValue(value: TomlValue): string {
    return renderValue(value, this.#world, this.#source.newline);
  }
}
