// `sluice check`: says whether `run` would start with a config, what in it deserves a look, and with `--diff` what it
// would change for a relay that runs another.
import type { Config } from '../config/config.ts';
import { renderKeyDiff } from '../config/config-diff.ts';
import { renderTableDiff } from '../table/table-diff.ts';
import { renderProblem } from '../config/problem.ts';
import { type Trial, tryBind, tryConnect, tryFolders } from './check-deep.ts';
import { compileForCommand } from './compile-for-command.ts';
import type { CommandWorld } from './command-world.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { askRelay } from './relay-api.ts';
import { isFatal, readConfig, renderProblems } from './read-config.ts';
import { DIFFERENCES_OF_ALL, rehearseCrng } from './rehearse-crng.ts';

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

/** What else a check does. */
export interface CheckExtras {
  /** Say what differs from this relay: `crng`. */
  readonly from?: string;
  /** Try the ports. */
  readonly bind?: true;
  /** Try the destinations. */
  readonly connect?: true;
}

/** Checks a config file, and beyond it what was asked for; returns the exit code. */
export async function checkMore(file: string, extras: CheckExtras, world: CommandWorld): Promise<number> {
  const config = checkOne(file, world);
  if (config === undefined) return EXIT.failed;
  if (extras.from !== undefined) {
    for (const { place, message } of rehearseCrng(config, world)) {
      world.print(`${renderProblem({ kind: 'warning', place, message: `differs from crng: ${message}` })}\n`);
    }
    world.print(DIFFERENCES_OF_ALL);
  }
  const isDeep = extras.bind === true || extras.connect === true;
  const trials: Trial[] = [
    ...(isDeep ? tryFolders(config) : []),
    ...(extras.bind === true ? await tryBind(config) : []),
    ...(extras.connect === true ? await tryConnect(config) : []),
  ];
  for (const { what, fault } of trials) world.print(`${what}: ${fault ?? 'ok'}\n`);
  const faults = trials.filter(({ fault }) => fault !== undefined).length;
  world.print(faults === 0 ? `${file}: ok\n` : `${file}: ${faults} of ${trials.length} trials failed\n`);
  return faults === 0 ? EXIT.ok : EXIT.failed;
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
