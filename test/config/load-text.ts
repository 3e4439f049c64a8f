// Loads a config from a text, with a world of its own.
import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.ts';
import { loadConfig, type LoadedConfig } from '../../src/config/load-config.ts';
import { renderProblem } from '../../src/config/problem.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';

/** What a test may say about the world. */
export interface LoadWorld {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly hostName?: string;
}

/** Loads a text as the file `c.toml`; undefined: the embedded config. */
export function loadText(text: string | undefined, world: LoadWorld = {}): LoadedConfig {
  return loadConfig(
    {
      file: text === undefined ? undefined : { file: 'c.toml', text },
      env: world.env ?? {},
      flags: new Map(Object.entries(world.flags ?? {})),
      hostName: world.hostName ?? 'web1.example.com',
    },
    { parseDestination },
  );
}

/** Loads a config that must be good; puts `instance` before it. */
export function loadGood(text: string, world: LoadWorld = {}): Config {
  const { config, problems } = loadText(`instance = "i"\n${text}`, world);
  assert.ok(config, problems.map(renderProblem).join('\n'));
  return config;
}

/** Renders the problems of a config, `kind file:line:column: message`, `instance` put before it in line 1. */
export function problemsOf(text: string, world: LoadWorld = {}): string[] {
  const { problems } = loadText(`instance = "i"\n${text}`, world);
  return problems.map((problem) => `${problem.kind} ${renderProblem(problem)}`);
}

/** A route that keeps a config from being warned of having none. */
export const ROUTE = "[[route]]\nkey = 'r'\ntype = 'sendAllMatch'\ndestinations = ['127.0.0.1:1']\n";
