// Where the rules of a config file stand in its text: sections, and the strings of lists, with their ranges. Ranges are of
// the text as the user wrote it, variables not replaced.
import { type AST, parseTOML } from 'toml-eslint-parser';
import { type ExpansionWorld, expandVariables } from '../expand-variables.ts';
import type { ConfigText } from '../toml-tree.ts';

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A key and its value in a section. */
export interface SourceKey extends Range {
  /** In small letters. */
  readonly name: string;
  readonly value: Range;
  /** Undefined when the value is no list. */
  readonly items: readonly Range[] | undefined;
}

/** A `[[name]]`, or a table of such a list written inline, which has no keys to work on. */
export interface SourceSection extends Range {
  readonly name: string;
  readonly keys: readonly SourceKey[];
}

export interface SourceFile {
  readonly file: string;
  readonly text: string;
  /** Keys before the first section. */
  readonly top: readonly SourceKey[];
  /** All sections in order, `[init]` and others too. */
  readonly sections: readonly SourceSection[];
  /** Comments, which also hold what looks like a line end of a value. */
  readonly newline: string;
}

/** Reads where things stand; the text is a config that has been read without a problem. */
export function readSourceFile({ file, text: whole }: ConfigText, world: ExpansionWorld): SourceFile {
  const text = whole.startsWith('\ufeff') ? whole.slice(1) : whole;
  const expansion = expandVariables(text, world);
  const at = ([start, end]: readonly [number, number]): Range => ({
    start: expansion.sourceOffset(start),
    end: expansion.sourceOffset(end),
  });
  const { body } = parseTOML(expansion.text, { tomlVersion: '1.0' }).body[0];
  const top = body.filter((node) => node.type === 'TOMLKeyValue').map((node) => readKey(node, at));
  const sections = body
    .filter((node) => node.type === 'TOMLTable')
    .map((node) => ({
      name: nameOf(node.key),
      keys: node.body.map((key) => readKey(key, at)),
      ...at(node.range),
    }));
  return { file, text, top, sections, newline: text.includes('\r\n') ? '\r\n' : '\n' };
}

function readKey(node: AST.TOMLKeyValue, at: (range: AST.Range) => Range): SourceKey {
  const { value } = node;
  const items = value.type === 'TOMLArray' ? value.elements.map((element) => at(element.range)) : undefined;
  return { name: nameOf(node.key), value: at(value.range), items, ...at(node.range) };
}

/** Dotted names are joined, and so are none of ours. */
function nameOf({ keys }: AST.TOMLKey): string {
  return keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value).toLowerCase()).join('.');
}
