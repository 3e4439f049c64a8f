// Finds the tables of a section in a config, in any letter case, in the form crng takes them.
import type { Problems } from './problem.ts';
import { type Section, sectionTitle } from './sections.ts';
import type { TomlEntry, TomlTable } from './toml-tree.ts';

/** Finds the one table of a `[name]` section; undefined when there is none. */
export function findTable(root: TomlTable, section: Section, problems: Problems): TomlTable | undefined {
  let found: TomlTable | undefined;
  for (const entry of entriesOf(root, section)) {
    const table = entry.value.kind === 'table' ? entry.value : oldInit(entry, section);
    if (table === undefined) problems.error(entry.place, `${sectionTitle(section)} must be a table`);
    else if (found === undefined) found = table;
    else
      problems.error(entry.place, `${sectionTitle(section)} is there twice, in line ${found.place.line} too`);
  }
  return found;
}

/** Finds the tables of a `[[name]]` section, in order. */
export function findTables(root: TomlTable, section: Section, problems: Problems): TomlTable[] {
  const tables: TomlTable[] = [];
  for (const entry of entriesOf(root, section)) {
    const items = entry.value.kind === 'array' ? entry.value.items : [entry.value];
    for (const item of items) {
      if (item.kind === 'table' && entry.value.kind === 'array') tables.push(item);
      else problems.error(entry.place, `"${entry.key}" must be written as ${sectionTitle(section)}`);
    }
  }
  return tables;
}

function entriesOf(root: TomlTable, section: Section): TomlEntry[] {
  return root.entries.filter((entry) => entry.key.toLowerCase() === section.name);
}

/** Before 0.9 the commands were a list of their own: `init = [...]`. */
function oldInit(entry: TomlEntry, section: Section): TomlTable | undefined {
  if (section.name !== 'init' || entry.value.kind !== 'array' || entry.value.ofTables) return undefined;
  return { kind: 'table', place: entry.place, entries: [{ ...entry, key: 'cmds' }] };
}
