// Files of sections with `key = value` lines, as Python's ConfigParser reads them: what carbon's config consists of.
import type { ImportPlace, ImportReport } from './import-report.ts';

export interface IniEntry {
  readonly name: string;
  readonly value: string;
  readonly place: ImportPlace;
}

export interface IniSection {
  readonly name: string;
  readonly place: ImportPlace;
  readonly entries: readonly IniEntry[];
}

/** Parses a text; a line that is neither a section nor an entry is reported. */
export function parseIni(text: string, file: string, report: ImportReport): IniSection[] {
  const sections: { name: string; place: ImportPlace; entries: IniEntry[] }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const place = { file, line: index + 1 };
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    const entry = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
    if (section !== undefined) sections.push({ name: section, place, entries: [] });
    else if (entry === null || sections.length === 0)
      report.missed(place, `"${line}" is no setting of a section`);
    else sections.at(-1)?.entries.push({ name: entry[1] ?? '', value: entry[2] ?? '', place });
  }
  return sections;
}

/** Lists the lines of a file that say something, with their places. */
export function readLines(
  text: string,
  file: string,
): { readonly text: string; readonly place: ImportPlace }[] {
  return text
    .split('\n')
    .map((line, index) => ({ text: line.trim(), place: { file, line: index + 1 } }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'));
}
