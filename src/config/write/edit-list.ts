// A list of strings in a config, changed in place: a list with a line for each string keeps its lines and their comments.
import type { Range, SourceKey } from './source-file.ts';
import type { TextEdits } from './text-edits.ts';

/** An entry of the list to be: one that is there, perhaps with another text, or a new one. */
export type ListEntry =
  | { readonly kept: number; readonly text?: string | undefined }
  | { readonly added: string };

/** Changes a list. The texts of entries are TOML. */
export function editList(
  edits: TextEdits,
  text: string,
  { value, items = [] }: Pick<SourceKey, 'value' | 'items'>,
  entries: readonly ListEntry[],
  newline: string,
): void {
  if (hasOwnLines(text, value, items)) editLines(edits, text, value, items, entries, newline);
  else if (isCommented(text, value, items)) editWithin(edits, text, value, items, entries);
  else {
    const parts = entries.map((entry) => {
      if ('added' in entry) return entry.added;
      const { start, end } = items[entry.kept]!;
      return entry.text ?? text.slice(start, end);
    });
    edits.replace(value, `[${parts.join(', ')}]`);
  }
}

/** Touches nothing but entries and their commas. */
function editWithin(
  edits: TextEdits,
  text: string,
  value: Range,
  items: readonly Range[],
  entries: readonly ListEntry[],
): void {
  let before: Range | undefined;
  const kept = new Set<number>();
  for (const entry of entries) {
    if ('added' in entry) {
      if (before !== undefined) edits.insert(before.end, `, ${entry.added}`);
      else edits.insert(items[0]?.start ?? value.start + 1, `${entry.added}, `);
      continue;
    }
    before = items[entry.kept]!;
    kept.add(entry.kept);
    if (entry.text !== undefined) edits.replace(before, entry.text);
  }
  for (const [index, { start, end }] of items.entries()) {
    const comma = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? '';
    if (!kept.has(index)) edits.replace({ start, end: end + comma.length }, '');
  }
}

function editLines(
  edits: TextEdits,
  text: string,
  value: Range,
  items: readonly Range[],
  entries: readonly ListEntry[],
  newline: string,
): void {
  const first = items[0]!;
  const indent = text.slice(edits.lineStart(first.start), first.start);
  let at = edits.lineEnd(value.start);
  let before: Range | undefined;
  const kept = new Set<number>();
  for (const entry of entries) {
    if ('added' in entry) {
      if (before !== undefined && !/^\s*,/.test(text.slice(before.end))) edits.insert(before.end, ',');
      before = undefined;
      edits.insert(at, `${indent}${entry.added},${newline}`);
      continue;
    }
    const item = items[entry.kept]!;
    kept.add(entry.kept);
    if (entry.text !== undefined) edits.replace(item, entry.text);
    at = edits.lineEnd(item.end);
    before = item;
  }
  for (const [index, item] of items.entries()) if (!kept.has(index)) edits.removeLines(item);
}

/** Tells whether each entry has a line of its own, the brackets too. */
function hasOwnLines(text: string, value: Range, items: readonly Range[]): boolean {
  if (items.length === 0) return false;
  const ends = [value.start + 1, ...items.map(({ end }) => end)];
  const starts = [...items.map(({ start }) => start), value.end - 1];
  return ends.every((end, index) => text.slice(end, starts[index]).includes('\n'));
}

function isCommented(text: string, value: Range, items: readonly Range[]): boolean {
  const ends = [value.start, ...items.map(({ end }) => end)];
  const starts = [...items.map(({ start }) => start), value.end];
  return ends.some((end, index) => text.slice(end, starts[index]).includes('#'));
}
