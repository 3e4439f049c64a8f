// The texts of a config that makes another table: the files changed in as few places as can be, or where that cannot be
// done, one text with the whole of it to stand beside. Each is read again before it is handed out: a text that is not a
// config of the table that is wanted never leaves here.
import { isDeepStrictEqual } from 'node:util';
import type { TableOptions } from '../../table/options.ts';
import type { Config } from '../config.ts';
import {
  type ConfigDependencies,
  type ConfigSources,
  loadConfig,
  type LoadedConfig,
} from '../load-config.ts';
import type { ConfigText } from '../toml-tree.ts';
import { planEdits } from './plan-edits.ts';
import type { RenderDestination } from './rule-keys.ts';
import { readSourceFile } from './source-file.ts';
import { wholeText } from './whole-text.ts';

export interface RewriteDependencies extends ConfigDependencies {
  readonly renderDestination: RenderDestination;
}

/** `inPlace`: new texts by file, none when nothing differs; `digest`: of the config when they are written. */
export type Rewrite =
  | { readonly kind: 'inPlace'; readonly texts: ReadonlyMap<string, string>; readonly digest: string }
  | { readonly kind: 'beside'; readonly text: string; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

/** A config that comes from a file. */
export type FileSources = ConfigSources & {
  readonly file: ConfigText;
  readonly includes: NonNullable<ConfigSources['includes']>;
};

/** Rewrites a config. `digest`: of the files as they were read last; when they differ now, they are left as they are. */
export function rewriteConfig(
  sources: FileSources,
  wanted: TableOptions,
  digest: string,
  dependencies: RewriteDependencies,
): Rewrite {
  const { config } = loadConfig(sources, dependencies);
  if (config === undefined)
    return beside(sources, wanted, 'the config has been edited and is wrong now', dependencies);
  if (config.digest !== digest) {
    return beside(sources, wanted, 'the config has been edited since it was read', dependencies);
  }
  if (isDeepStrictEqual(config.table, wanted)) return { kind: 'inPlace', texts: new Map(), digest };
  const { env, hostName } = sources;
  const world = { env, hostName };
  const files = textsOf(sources, config).map((text) => readSourceFile(text, world));
  const plan = planEdits(files, config.table, wanted, { ...dependencies, world });
  if (!plan.ok) return beside(sources, wanted, plan.why, dependencies);
  const texts = new Map([...plan.texts].map(([file, text]) => [file, withMark(text, file, sources)]));
  const result = loadConfig(withTexts(sources, texts), dependencies);
  if (result.config !== undefined && isDeepStrictEqual(result.config.table, wanted)) {
    return { kind: 'inPlace', texts, digest: result.config.digest };
  }
  const why = errorOf(result) ?? 'the files cannot be changed to make this table';
  return beside(sources, wanted, why, dependencies);
}

/** The whole config in one text, where that makes the table. */
function beside(
  sources: FileSources,
  wanted: TableOptions,
  why: string,
  dependencies: RewriteDependencies,
): Rewrite {
  const { env, hostName } = sources;
  const text = wholeText(sources.file, wanted, { ...dependencies, world: { env, hostName } });
  if (text === undefined) return { kind: 'none', why };
  const result = loadConfig({ ...sources, file: { ...sources.file, text } }, dependencies);
  if (result.config !== undefined && isDeepStrictEqual(result.config.table, wanted)) {
    return { kind: 'beside', text, why };
  }
  return { kind: 'none', why: errorOf(result) ?? why };
}

function errorOf({ problems }: LoadedConfig): string | undefined {
  return problems.find(({ kind }) => kind === 'error')?.message;
}

function textsOf({ file, includes }: FileSources, config: Config): ConfigText[] {
  const included = config.files.slice(1);
  return [file, ...included.map((path) => ({ file: path, text: includes.readText(path) }))];
}

function withTexts(sources: FileSources, texts: ReadonlyMap<string, string>): FileSources {
  const { file, includes } = sources;
  return {
    ...sources,
    file: { file: file.file, text: texts.get(file.file) ?? file.text },
    includes: { ...includes, readText: (path) => texts.get(path) ?? includes.readText(path) },
  };
}

/** A byte order mark stays. */
function withMark(text: string, file: string, { file: main, includes }: FileSources): string {
  const before = file === main.file ? main.text : includes.readText(file);
  return before.startsWith('\ufeff') ? `\ufeff${text}` : text;
}
