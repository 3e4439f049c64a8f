// `sluice check`: says whether `run` would start with a config, and what in it deserves a look.
import { compileForCommand } from './compile-for-command.ts';
import type { CommandWorld } from './command-world.ts';
import { EXIT } from './exit-code.ts';
import { isFatal, readConfig, renderProblems } from './read-config.ts';

/** Checks a config file and prints every finding as `file:line:column: message`; returns the exit code. */
export function check(file: string, world: CommandWorld): number {
  const { config, problems } = readConfig(file, new Map(), world);
  world.print(renderProblems(problems, true));
  const fatal = problems.filter((problem) => isFatal(problem, true));
  if (config === undefined || fatal.length > 0) return EXIT.failed;
  // What only compiling the table can find has no line.
  compileForCommand(config, file);
  world.print(`${file}: ok\n`);
  return EXIT.ok;
}
