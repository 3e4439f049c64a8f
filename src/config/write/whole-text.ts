// A config with all its rules written anew, in one text: what a config holds beside rules stays as the user wrote it.
import type { TableOptions } from '../../table/options.ts';
import type { ExpansionWorld } from '../expand-variables.ts';
import type { ConfigText } from '../toml-tree.ts';
import {
  aggregatorKeys,
  blocklistText,
  type RenderDestination,
  rewriterKeys,
  routeKeys,
  type RuleKeys,
} from './rule-keys.ts';
import { readSourceFile } from './source-file.ts';
import { TextEdits } from './text-edits.ts';
import { renderValue } from './toml-text.ts';

/** How a text begins that stands beside a config. */
export const BESIDE_MARK = '# Written by sluice';

const RULE_KEYS: ReadonlySet<string> = new Set([
  'include',
  'blocklist',
  'blacklist',
  'init',
  'init.cmds',
  'rewriter',
  'aggregation',
  'route',
]);

export interface WholeTextDependencies {
  readonly world: ExpansionWorld;
  readonly renderDestination: RenderDestination;
}

/** Renders the text; undefined when the config is no TOML, or a rule has no form in a config. */
export function wholeText(
  source: ConfigText,
  { blocklist, rewriters, aggregators, routes }: TableOptions,
  { world, renderDestination }: WholeTextDependencies,
): string | undefined {
  const rest = withoutRules(source, world);
  const entries = blocklist.map(blocklistText).filter((text) => text !== undefined);
  if (rest === undefined || entries.length < blocklist.length) return undefined;
  const { top, sections, newline } = rest;
  const section = (name: string) => (keys: RuleKeys) =>
    [
      `[[${name}]]`,
      ...[...keys].map(([key, value]) => `${key} = ${renderValue(value, world, newline)}`),
      '',
    ].join(newline);
  const rules = [
    ...rewriters.map(rewriterKeys).map(section('rewriter')),
    ...aggregators.map(aggregatorKeys).map(section('aggregation')),
    ...routes.map((route) => routeKeys(route, renderDestination)).map(section('route')),
  ];
  const list = entries.length === 0 ? '' : `blocklist = ${renderValue(entries, world, newline)}${newline}`;
  const head = `${BESIDE_MARK}: the whole config with the table in force. ${source.file} was left as it is.${newline}`;
  return [`${head}${newline}${top}${list}`, ...rules, sections].filter((part) => part !== '').join(newline);
}

/** What the config holds beside rules: before its sections, and in them. */
function withoutRules(
  source: ConfigText,
  world: ExpansionWorld,
): { readonly top: string; readonly sections: string; readonly newline: string } | undefined {
  let read;
  try {
    read = readSourceFile(source, world);
  } catch {
    return undefined;
  }
  const { text, top, sections, newline } = read;
  const edits = new TextEdits(text);
  for (const key of top) if (RULE_KEYS.has(key.name)) edits.removeBlock(key);
  for (const section of sections) if (RULE_KEYS.has(section.name)) edits.removeBlock(section);
  const start = sections[0] === undefined ? text.length : edits.blockStart(sections[0].start);
  const mark = '\u0000';
  edits.insert(start, mark);
  const [before = '', after = ''] = edits.apply()?.split(mark) ?? [];
  const ended = before === '' || before.endsWith('\n') ? before : `${before}${newline}`;
  return { top: ended, sections: after, newline };
}
