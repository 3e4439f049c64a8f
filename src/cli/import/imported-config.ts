// A config that an import builds up, and its text. Sections stand in the order in which the relay applies them, each under
// a comment with the place it comes from.
import { renderValue, type TomlValue } from '../../config/write/toml-text.ts';
import type { ImportPlace } from './import-report.ts';

/** Keys of a section in the order in which they are written; undefined and empty ones are left out. */
export type SectionKeys = readonly (readonly [string, TomlValue | undefined])[];

interface Section {
  readonly name: 'rewriter' | 'aggregation' | 'route';
  readonly place: ImportPlace;
  readonly keys: SectionKeys;
}

/** The config is read by whoever runs it, so that no variable is known here; what looks like one is written as an escape. */
const WORLD = { hostName: 'host', env: {} };

export class ImportedConfig {
  readonly #from: string;
  readonly #top: (readonly [string, TomlValue])[] = [];
  readonly #blocklist: string[] = [];
  readonly #firsts: Section[] = [];
  readonly #sections: Section[] = [];
  readonly #routeKeys = new Set<string>();

  constructor(from: string) {
    this.#from = from;
  }

  top(name: string, value: TomlValue): void {
    this.#top.push([name, value]);
  }

  block(entry: string): void {
    this.#blocklist.push(entry);
  }

  add(name: Section['name'], place: ImportPlace, keys: SectionKeys): void {
    this.#sections.push({ name, place, keys });
  }

  /** Adds a section before all others of its name that were added by `add`. */
  first(name: Section['name'], place: ImportPlace, keys: SectionKeys): void {
    this.#firsts.push({ name, place, keys });
  }

  /** Makes a route key that is not taken, near to a name. */
  routeKey(name: string): string {
    const base = name.replaceAll(/[^A-Za-z0-9_-]/g, '_') || 'route';
    let key = base;
    for (let i = 2; this.#routeKeys.has(key); i += 1) key = `${base}_${i}`;
    this.#routeKeys.add(key);
    return key;
  }

  get text(): string {
    const head = [`# Made by sluice import from ${this.#from}.`, 'instance = "${HOST}"'];
    for (const [name, value] of this.#top) head.push(render(name, value));
    if (this.#blocklist.length > 0) head.push(render('blocklist', this.#blocklist));
    const parts = [`${head.join('\n')}\n`];
    for (const name of ['rewriter', 'aggregation', 'route'] as const) {
      for (const section of [...this.#firsts, ...this.#sections]) {
        if (section.name === name) parts.push(renderSection(section));
      }
    }
    return parts.join('\n');
  }
}

function renderSection({ name, place, keys }: Section): string {
  const lines = [`# ${place.file}:${place.line}`, `[[${name}]]`];
  for (const [key, value] of keys) if (value !== undefined && value !== '') lines.push(render(key, value));
  return `${lines.join('\n')}\n`;
}

function render(name: string, value: TomlValue): string {
  return `${name} = ${renderValue(value, WORLD, '\n')}`;
}
