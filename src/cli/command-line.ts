// The command line: which commands there are, their help, and what each hands to whom.
import { Command, CommanderError, Option } from 'commander';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Flags } from '../config/overrides.ts';
import { renderProblem } from '../config/problem.ts';
import { findNearest } from '../config/nearest.ts';
import type { FreshConfig } from '../relay/change/reload.ts';
import { EMBEDDED_FILE } from '../config/embedded-config.ts';
import { addBench } from './bench/bench-command.ts';
import { check, type CheckExtras, checkMore, checkReload } from './check.ts';
import { addConfigFlags, collectConfigFlags, completeSwitches } from './config-flags.ts';
import type { CommandWorld } from './command-world.ts';
import { compileForCommand } from './compile-for-command.ts';
import { stripCrngFlags } from './crng-flags.ts';
import { CommandError, EXIT, exitHelp, RUN_EXIT_HELP } from './exit-code.ts';
import { explainLine } from './explain.ts';
import { addImport } from './import/import-command.ts';
import { isFatal, readConfig, readGoodConfig, renderProblems } from './read-config.ts';
import { readConfigAside, writeConfigAside } from './config-thread.ts';
import { renderExplained } from './render-explained.ts';
import { addRing } from './ring/ring-command.ts';
import { addSpool } from './spool/spool-command.ts';
import { addTail } from './tail/tail-command.ts';
import { addTop } from './top/top-command.ts';
import { addTune } from './tune/tune-command.ts';
import { readVersion, renderVersion } from './version.ts';

const DEFAULT_HELP = `
Without a config file the relay listens on loopback only (plain 127.0.0.1:2003 tcp and udp, HTTP 127.0.0.1:8081) and
sends everything to $GRAPHITE_ADDR when that is set, otherwise to the file ./data/metrics.log.

A value comes from, in this order: flag, environment variable (SLUICE_LISTEN_ADDR for listen_addr), config file, default.

carbon-relay-ng's flags -enable-pprof, -cpuprofile, -block-profile-rate and -mem-profile-rate are accepted without effect.`;

const EXPLAIN_HELP = `
A LINE is "key value timestamp"; "-" reads lines from standard input. Without --config the embedded default is explained.

With --json each line becomes one object:
  {"line":s,"valid":b,"reason":s,"key":s,"steps":[...],"destinations":[{"route":s,"key":s,"addr":s,"instance":s}]}
key is the key with which the line leaves; reason says why it goes nowhere.`;

const DIFF_HELP = `
With --diff, and with --url, one line is printed for each change:
  + route all (sendAllMatch, 2 destinations)                        it comes
  ~ destination 10.0.0.1:2003 of route all: flush 1000 -> 500       it changes, and keeps its queue and its spool
  - rewriter 3 "old" -> "new" max -1                                it goes
  ! listen_addr changed: needs a restart                            a reload leaves it as it is
  = 3 aggregators kept                                              what does not change`;

const CHECK_EXIT_HELP = exitHelp(
  'the config is good; warnings do not count',
  'it is refused or cannot be read, or a port, a destination or the relay cannot be reached',
);
const VERSION_EXIT_HELP = exitHelp('done');
const EXPLAIN_EXIT_HELP = exitHelp('done', 'the config is refused or cannot be read');

/** Runs a command line, without the program's name; resolves to the exit code. Rejects for our own bugs only. */
export async function runCommandLine(args: readonly string[], world: CommandWorld): Promise<number> {
  const stripped = stripCrngFlags(args);
  if (stripped.flags.length > 0) {
    world.complain(
      `sluice: ${stripped.flags.join(', ')}: accepted for carbon-relay-ng's sake, without effect\n`,
    );
  }
  let code: number = EXIT.ok;
  const program = makeProgram(world, (result) => {
    code = result;
  });
  try {
    const [first, second] = stripped.args;
    if (first === HELP_COMMAND) refuseNoHelp(second, program);
    else refuseNoCommand(first, program, world);
    await program.parseAsync(completeSwitches(stripped.args), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommandError) {
      world.complain(`sluice: ${error.message}\n`);
      return error.code;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}

const HELP_COMMAND = 'help';

function makeProgram(world: CommandWorld, done: (code: number) => void): Command {
  const program = new Command('sluice')
    .description('A relay for Graphite (carbon) metrics; reads the config of carbon-relay-ng as it is.')
    .version(renderVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.print(text),
      writeErr: (text) => world.complain(text),
      outputError: (text, write) => write(`sluice: ${oneLine(text.replace(/^error: /, ''))}\n`),
    })
    .addHelpText('after', `${DEFAULT_HELP}\n${RUN_EXIT_HELP}`);
  addRun(program, world, done);
  program
    .command('check')
    .description('say what is wrong with a config, as file:line:column: message, without running it')
    .argument('[file]', 'the config')
    .option('--diff <running>', 'say what the config would change for a relay that runs this one')
    .option('--url <url>', 'say what a running relay would change if it read its own config again')
    .addOption(
      new Option('--from <relay>', 'say what differs from the relay that runs the config now').choices([
        'crng',
      ]),
    )
    .option('--bind', 'try the ports that the config listens on')
    .option('--connect', 'try to connect to every destination')
    .addHelpText('after', `${DIFF_HELP}\n${CHECK_EXIT_HELP}`)
    .action(async (file: string | undefined, options: { diff?: string; url?: string } & CheckExtras) => {
      if ((file === undefined) === (options.url === undefined)) {
        throw new CommandError('give a config, or --url of a running relay', EXIT.usage);
      }
      const isMore = options.from !== undefined || options.bind === true || options.connect === true;
      if (isMore && (file === undefined || options.diff !== undefined)) {
        throw new CommandError('--from, --bind and --connect need a config, and no --diff', EXIT.usage);
      }
      if (file === undefined) done(await checkReload(options.url ?? '', world));
      else done(isMore ? await checkMore(file, options, world) : check(file, options.diff, world));
    });
  addExplain(program, world);
  addSpool(program, world, done);
  addRing(program, world);
  addTune(program, world);
  addTop(program, world);
  addTail(program, world);
  addBench(program, world, done);
  addImport(program, world, done);
  program
    .command('version')
    .description('print the version')
    .addHelpText('after', VERSION_EXIT_HELP)
    .action(() => world.print(`${renderVersion()}\n`));
  program.helpCommand(`${HELP_COMMAND} [command]`, 'show the help of a command');
  return program;
}

function addRun(program: Command, world: CommandWorld, done: (code: number) => void): void {
  const run = program
    .command('run', { isDefault: true })
    .description('run the relay (the default command)')
    .argument('[config]', 'the config, as carbon-relay-ng takes it')
    .option('--config <file>', 'the config')
    .option('--strict', 'do not start with a config that has unknown keys')
    .addHelpText('after', `${DEFAULT_HELP}\n${RUN_EXIT_HELP}`);
  addConfigFlags(run);
  run.action(async (positional: string | undefined, options: RunFlags) => {
    const file = chooseConfig(positional, options.config);
    done(await startRelay(file, options.strict === true, collectConfigFlags(run), world));
  });
}

interface RunFlags {
  readonly config?: string;
  readonly strict?: true;
}

function addExplain(program: Command, world: CommandWorld): void {
  program
    .command('explain')
    .description('say what the relay would do with a line, step by step')
    .argument('<line...>', 'lines, each quoted; "-": from standard input')
    .option('--config <file>', 'the config')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', `${EXPLAIN_HELP}\n${EXPLAIN_EXIT_HELP}`)
    .action(async (lines: readonly string[], options: { config?: string; json?: true }) => {
      await explain(lines, options.config, options.json === true, world);
    });
}

/**
 * The first word may be a config, as carbon-relay-ng takes it. One that is neither a file nor written like a path is a
 * mistyped command; told before its flags are judged, which are those of that command.
 */
function refuseNoCommand(word: string | undefined, program: Command, world: CommandWorld): void {
  if (word === undefined || !/^\w[\w-]*$/.test(word)) return;
  const commands = commandNames(program);
  if (commands.includes(word) || world.listFiles(word, '.').length > 0) return;
  const near = findNearest(word, commands);
  const mend = near === undefined ? COMMANDS_HINT : `did you mean "sluice ${near}"?`;
  throw new CommandError(`there is neither a command nor a file "${word}"; ${mend}`, EXIT.usage);
}

/** Left to itself, commander shows the help of all commands for one that is not there. */
function refuseNoHelp(word: string | undefined, program: Command): void {
  const commands = commandNames(program);
  if (word === undefined || word.startsWith('-') || commands.includes(word)) return;
  const near = findNearest(word, commands);
  const mend = near === undefined ? COMMANDS_HINT : `did you mean "sluice help ${near}"?`;
  throw new CommandError(`there is no command "${word}"; ${mend}`, EXIT.usage);
}

const COMMANDS_HINT = '"sluice --help" lists the commands';

function commandNames(program: Command): string[] {
  return [...program.commands.map((command) => command.name()), HELP_COMMAND];
}

function chooseConfig(positional: string | undefined, flag: string | undefined): string | undefined {
  if (positional === undefined || flag === undefined) return positional ?? flag;
  throw new CommandError(`two configs given, "${positional}" and --config "${flag}"`, EXIT.usage);
}

async function startRelay(
  file: string | undefined,
  strict: boolean,
  flags: Flags,
  world: CommandWorld,
): Promise<number> {
  const { config, problems } = readConfig(file, flags, world);
  const fatal = problems.filter((problem) => isFatal(problem, strict));
  if (config === undefined || fatal.length > 0) {
    world.complain(renderProblems(fatal, strict));
    return EXIT.failed;
  }
  if (config.writeBack && file === undefined) throw new CommandError('write_back needs a config file');
  const { env, hostName } = world;
  const origin = { file, flags, env, hostName };
  // Only here: the other commands do without the relay and its engine.
  const { runRelay } = await import('../relay/run-relay.ts');
  return runRelay({
    config,
    version: readVersion(),
    embedded: file === undefined,
    readAgain: async () => freshConfig(await readConfigAside(origin), strict),
    writeTable: (table, digest) => writeConfigAside(origin, table, digest),
  });
}

function freshConfig({ config, problems }: LoadedConfig, strict: boolean): FreshConfig {
  const fatal = problems.filter((problem) => isFatal(problem, strict));
  if (config !== undefined && fatal.length === 0) {
    return { config, problems: [], warnings: problems.map(renderProblem) };
  }
  return { config: undefined, problems: fatal.map(renderProblem), warnings: [] };
}

async function explain(
  args: readonly string[],
  file: string | undefined,
  json: boolean,
  world: CommandWorld,
): Promise<void> {
  const config = readGoodConfig(file, world);
  const snapshot = compileForCommand(config, file ?? EMBEDDED_FILE);
  for (const arg of args) {
    const lines = arg === '-' ? splitLines(await world.readStdin()) : [Buffer.from(arg)];
    for (const line of lines) {
      const explained = explainLine(line, config, snapshot);
      world.print(json ? `${JSON.stringify(explained)}\n` : renderExplained(explained));
    }
  }
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  if (start < bytes.length) lines.push(bytes.subarray(start));
  return lines;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
