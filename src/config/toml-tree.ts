// A config's TOML as a tree in which every key and value knows its place in the user's file. Keys keep the letters
// they were written with; who looks them up ignores case, as crng does.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { type Expansion, type ExpansionWorld, expandVariables } from './expand-variables.ts';
import type { Place, Problems } from './problem.ts';

/** A string, number, boolean or date. */
export interface TomlScalar {
  readonly kind: 'scalar';
  readonly type: 'string' | 'integer' | 'float' | 'boolean' | 'date';
  readonly value: string | number | boolean;
  readonly place: Place;
  /** Finds the place of the character at `index` of a string; the value's own place where escapes blur it. */
  placeAt(index: number): Place;
}

export interface TomlArray {
  readonly kind: 'array';
  readonly place: Place;
  /** True for `[[name]]`. */
  readonly ofTables: boolean;
  readonly items: TomlNode[];
}

export interface TomlTable {
  readonly kind: 'table';
  readonly place: Place;
  readonly entries: TomlEntry[];
}

export interface TomlEntry {
  readonly key: string;
  readonly place: Place;
  readonly value: TomlNode;
}

export type TomlNode = TomlScalar | TomlArray | TomlTable;

/** The text of a config file, and the name that its problems carry. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/** Most characters of a config that are read (some 100,000 routes); more is a mistake, like a log file. */
export const CONFIG_CHARS_MAX = 8 * 1024 * 1024;

/** Parses a config's text, variables replaced. Returns undefined after noting why when it is not TOML. */
export function parseConfigText(
  source: ConfigText,
  world: ExpansionWorld,
  problems: Problems,
): TomlTable | undefined {
  const text = source.text.startsWith('\ufeff') ? source.text.slice(1) : source.text;
  const lines = new LineIndex(source.file, text);
  if (text.length > CONFIG_CHARS_MAX) {
    problems.error(lines.placeAt(0), `the config is longer than ${CONFIG_CHARS_MAX} characters`);
    return undefined;
  }
  const expansion = expandVariables(text, world);
  const place = (offset: number): Place => lines.placeAt(expansion.sourceOffset(offset));
  try {
    const program = parseTOML(expansion.text, { tomlVersion: '1.0' });
    noteExpansion(expansion, program, lines, problems);
    return new TreeBuilder(expansion.text, place).build(program.body[0]);
  } catch (error) {
    noteParseError(error, place, problems);
    // A variable that is not set is often why: `port = ${env:PORT}`.
    for (const note of expansion.notes) {
      if (note.kind === 'error') problems.error(lines.placeAt(note.offset), note.message);
    }
    return undefined;
  }
}

function noteParseError(error: unknown, place: (offset: number) => Place, problems: Problems): void {
  if (error instanceof ParseError) problems.error(place(error.index), `not valid TOML: ${error.message}`);
  // Parser and builder call themselves once per bracket: a file of 5,000 brackets ends here.
  else if (error instanceof RangeError) problems.error(place(0), 'not valid TOML: nested too deeply');
  else throw error;
}

function noteExpansion(
  expansion: Expansion,
  program: AST.TOMLProgram,
  lines: LineIndex,
  problems: Problems,
): void {
  const comments = program.comments.map(({ range }) => range.map((end) => expansion.sourceOffset(end)));
  for (const note of expansion.notes) {
    if (comments.some(([start, end]) => note.offset >= start! && note.offset < end!)) continue;
    if (note.kind === 'error') problems.error(lines.placeAt(note.offset), note.message);
    else problems.warn(lines.placeAt(note.offset), note.message);
  }
}

/** Knows where each line of a text begins. */
class LineIndex {
  readonly #file: string;
  readonly #text: string;
  readonly #starts = [0];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Finds line and column; columns count characters, not the halves of a surrogate pair. */
  placeAt(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const before = this.#text.slice(this.#starts[low], offset);
    const column = before.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '_').length + 1;
    return { file: this.#file, line: low + 1, column };
  }
}

/** Turns the parser's syntax tree into ours. The parser has refused duplicate and conflicting keys before. */
class TreeBuilder {
  readonly #text: string;
  readonly #place: (offset: number) => Place;

  constructor(text: string, place: (offset: number) => Place) {
    this.#text = text;
    this.#place = place;
  }

  build(top: AST.TOMLTopLevelTable): TomlTable {
    const root: TomlTable = { kind: 'table', place: this.#place(0), entries: [] };
    for (const node of top.body) {
      if (node.type === 'TOMLKeyValue') this.#addKeyValue(root, node);
      else {
        const table = this.#openTable(root, node);
        for (const keyValue of node.body) this.#addKeyValue(table, keyValue);
      }
    }
    return root;
  }

  #openTable(root: TomlTable, node: AST.TOMLTable): TomlTable {
    const place = this.#place(node.range[0]);
    let table = root;
    const names = node.key.keys.map(keyName);
    for (const [depth, name] of names.entries()) {
      const isLast = depth === names.length - 1;
      if (isLast && node.kind === 'array') return appendTable(table, name, place);
      table = childTable(table, name, place);
    }
    return table;
  }

  #addKeyValue(table: TomlTable, node: AST.TOMLKeyValue): void {
    const names = node.key.keys.map(keyName);
    const place = this.#place(node.key.range[0]);
    let parent = table;
    const key = names.pop() ?? '';
    for (const name of names) parent = childTable(parent, name, place);
    parent.entries.push({ key, place, value: this.#value(node.value) });
  }

  #value(node: AST.TOMLContentNode): TomlNode {
    const place = this.#place(node.range[0]);
    if (node.type === 'TOMLArray') {
      return { kind: 'array', place, ofTables: false, items: node.elements.map((item) => this.#value(item)) };
    }
    if (node.type === 'TOMLInlineTable') {
      const table: TomlTable = { kind: 'table', place, entries: [] };
      for (const keyValue of node.body) this.#addKeyValue(table, keyValue);
      return table;
    }
    return this.#scalar(node, place);
  }

  #scalar(node: AST.TOMLValue, place: Place): TomlScalar {
    const placeAt = (): Place => place;
    switch (node.kind) {
      case 'string':
        return {
          kind: 'scalar',
          type: 'string',
          value: node.value,
          place,
          placeAt: this.#placeInside(node, place),
        };
      case 'integer':
        return { kind: 'scalar', type: 'integer', value: Number(node.bigint), place, placeAt };
      case 'float':
        return { kind: 'scalar', type: 'float', value: node.value, place, placeAt };
      case 'boolean':
        return { kind: 'scalar', type: 'boolean', value: node.value, place, placeAt };
      default:
        return { kind: 'scalar', type: 'date', value: node.datetime, place, placeAt };
    }
  }

  #placeInside(node: AST.TOMLStringValue, place: Place): (index: number) => Place {
    const [start, end] = node.range;
    const exact = this.#text.slice(start + 1, end - 1) === node.value;
    return (index) => (exact ? this.#place(start + 1 + Math.min(index, node.value.length)) : place);
  }
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function childTable(parent: TomlTable, name: string, place: Place): TomlTable {
  const found = parent.entries.findLast((entry) => entry.key === name)?.value;
  if (found?.kind === 'table') return found;
  const lastItem = found?.kind === 'array' ? found.items.at(-1) : undefined;
  if (lastItem?.kind === 'table') return lastItem;
  const table: TomlTable = { kind: 'table', place, entries: [] };
  parent.entries.push({ key: name, place, value: table });
  return table;
}

function appendTable(parent: TomlTable, name: string, place: Place): TomlTable {
  const table: TomlTable = { kind: 'table', place, entries: [] };
  const found = parent.entries.findLast((entry) => entry.key === name)?.value;
  if (found?.kind === 'array') found.items.push(table);
  else
    parent.entries.push({
      key: name,
      place,
      value: { kind: 'array', place, ofTables: true, items: [table] },
    });
  return table;
}
