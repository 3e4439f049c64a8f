// `sluice check`: says whether `run` would start with a config, what in it deserves a look, and with `--diff` what it
// would change for a relay that runs another.
import type { Config } from '../config/config.ts';
import { renderKeyDiff } from '../config/config-diff.ts';
import { renderTableDiff } from '../table/table-diff.ts';
import { compileForCommand } from './compile-for-command.ts';
import type { CommandWorld } from './command-world.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { askRelay } from './relay-api.ts';
import { isFatal, readConfig, renderProblems } from './read-config.ts';

/** Checks a config file and prints every finding as `file:line:column: message`; returns the exit code. */
export function check(file: string, against: string | undefined, world: CommandWorld): number {
  const config = checkOne(file, world);
  if (config === undefined) return EXIT.failed;
  if (against === undefined) {
    world.print(`${file}: ok\n`);
    return EXIT.ok;
  }
  const running = checkOne(against, world);
  if (running === undefined) return EXIT.failed;
  const lines = [...renderKeyDiff(running, config), ...renderTableDiff(running.table, config.table)];
  world.print(lines.map((line) => `${line}\n`).join(''));
  return EXIT.ok;
}

/** Asks a running relay what a reload of its config would change, and prints that; returns the exit code. */
export async function checkReload(url: string, world: CommandWorld): Promise<number> {
  const { status, body, error } = await askRelay(url, '/api/reload?dry_run=true', new Uint8Array(0));
  const { diff, warnings, problems } = (body ?? {}) as Partial<Record<string, readonly string[]>>;
  if (status === 400 && problems !== undefined) {
    world.print(problems.map((line) => `${line}\n`).join(''));
    return EXIT.failed;
  }
  if (status !== 200 || diff === undefined) throw new CommandError(error);
  for (const warning of warnings ?? []) world.print(`warning: ${warning}\n`);
  world.print(diff.map((line) => `${line}\n`).join(''));
  return EXIT.ok;
}

function checkOne(file: string, world: CommandWorld): Config | undefined {
  const { config, problems } = readConfig(file, new Map(), world);
  world.print(renderProblems(problems, true));
  const fatal = problems.filter((problem) => isFatal(problem, true));
  if (config === undefined || fatal.length > 0) return undefined;
  // What only compiling the table can find has no line.
  compileForCommand(config, file);
  return config;
}
