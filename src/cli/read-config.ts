// Reads the config that a command works with, and words what is wrong with it.
import type { Config } from '../config/config.ts';
import { loadConfig, type LoadedConfig } from '../config/load-config.ts';
import type { Flags } from '../config/overrides.ts';
import { type Problem, renderProblem } from '../config/problem.ts';
import type { ConfigText } from '../config/toml-tree.ts';
import type { FileSources } from '../config/write/rewrite-config.ts';
import { parseDestination } from '../destination/parse-destination.ts';
import type { CommandWorld } from './command-world.ts';
import { CommandError } from './exit-code.ts';

/** What a config is read from. */
export type ConfigWorld = Pick<CommandWorld, 'readFile' | 'listFiles' | 'env' | 'hostName'>;

/** Reads and loads a config; without a file the embedded default. Throws a CommandError when it cannot be read. */
export function readConfig(file: string | undefined, flags: Flags, world: ConfigWorld): LoadedConfig {
  const text = file === undefined ? undefined : readConfigText(file, world);
  return loadConfig({ ...worldSources(flags, world), file: text }, { parseDestination });
}

/** Reads and loads a config; throws a CommandError also when it is refused. */
export function readGoodConfig(file: string | undefined, world: ConfigWorld): Config {
  const { config, problems } = readConfig(file, new Map(), world);
  if (config !== undefined) return config;
  const fatal = problems.filter((problem) => isFatal(problem, false));
  throw new CommandError(renderProblems(fatal, false).trimEnd());
}

/** What a config in a file is made from. Throws a CommandError when it cannot be read. */
export function configSources(file: string, flags: Flags, world: ConfigWorld): FileSources {
  return { ...worldSources(flags, world), file: readConfigText(file, world) };
}

function worldSources(flags: Flags, world: ConfigWorld): Omit<FileSources, 'file'> {
  return {
    flags,
    env: world.env,
    hostName: world.hostName,
    includes: {
      list: (pattern, folder) => [...world.listFiles(pattern, folder)].sort(),
      readText: (path) => readText(path, world),
    },
  };
}

/** Tells whether a problem stops what the user asked for; unknown keys do when he asked for strictness. */
export function isFatal(problem: Problem, strict: boolean): boolean {
  return problem.kind === 'error' || (strict && problem.kind === 'unknown');
}

/** Renders problems one a line; those that stop nothing say so. */
export function renderProblems(problems: readonly Problem[], strict: boolean): string {
  const lines = problems.map((problem) => {
    if (isFatal(problem, strict)) return `${renderProblem(problem)}\n`;
    return `${renderProblem({ ...problem, message: `warning: ${problem.message}` })}\n`;
  });
  return lines.join('');
}

function readConfigText(file: string, world: ConfigWorld): ConfigText {
  try {
    return { file, text: readText(file, world) };
  } catch (error) {
    throw new CommandError(`cannot read config "${file}": ${(error as Error).message}`);
  }
}

/** Reads a text; throws an error whose message says why it cannot be read. */
function readText(file: string, world: ConfigWorld): string {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(world.readFile(file));
  } catch (error) {
    throw new Error(describeSystemError(error), { cause: error });
  }
}

const SYSTEM_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
]);

/** Words an error of the system that users meet. */
export function describeSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return SYSTEM_ERRORS.get(code) ?? error.message;
}
