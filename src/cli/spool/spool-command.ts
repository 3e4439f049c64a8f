// `sluice spool`: its subcommands, their flags and help.
import type { Command } from 'commander';
import type { CommandWorld } from '../command-world.ts';
import { exitHelp } from '../exit-code.ts';
import { type ImportFlags, importLines } from './spool-import.ts';
import { type ExportFlags, SpoolTool, type WorkFlags } from './spool-tool.ts';

const NAMES_HELP = `
A SPOOL is a destination key (all_127_0_0_1_2003), the name of a spool's folder (dest-all_127_0_0_1_2003.0), or
crng:KEY for a queue that carbon-relay-ng left. The folder is --spool-dir, else spool_dir of --config, else that of
the embedded default. Spools of a running relay may be listed, verified, read and exported; to change one, give the
address of the relay's HTTP API with --url, from the same machine.`;

const IMPORT_HELP = `
QUEUE is the key of a queue that carbon-relay-ng left in the spool folder, or a SPOOL of ours (an orphan) to be moved
into another. Lines go behind those that wait already. Once they are on disk, carbon-relay-ng's files are renamed to
*.imported (--keep: stay as they are), and a spool that was moved is empty. If the command is cut before that, running
it again puts some lines in twice; none is lost.
`;

const REPLAY_HELP = `
Lines leave the spool once 8 MiB more were written behind them, or the connection ended in order. Plain carbon has no
acknowledgement: when the connection breaks, the last 8 MiB stay in the spool and may arrive twice.
`;

const DONE = 'all is well';
const FAILED = 'it could not be done';
const EXIT_HELP = exitHelp(
  DONE,
  `${FAILED}, or (verify, cat, export, import) something in the spool is damaged`,
);
/** Of the subcommands that read records. */
const READ_EXIT_HELP = exitHelp(DONE, `${FAILED}, or something in the spool is damaged`);
const PLAIN_EXIT_HELP = exitHelp(DONE, FAILED);

/** Adds `spool` and its subcommands. */
export function addSpool(program: Command, world: CommandWorld, done: (code: number) => void): void {
  const spool = program
    .command('spool')
    .description('look at what waits on disk, and move it')
    .addHelpText('after', `${NAMES_HELP}\n${EXIT_HELP}`);
  const add: Add = (name, description, exit, more = '') =>
    addCommand(spool, name, description).addHelpText('after', `${NAMES_HELP}\n${more}${exit}`);
  const tool = new SpoolTool(world);
  addLooks(add, tool, done);
  addMoves(add, tool, world, done);
}

/** Adds a subcommand; `more` is help of its own. */
type Add = (name: string, description: string, exit: string, more?: string) => Command;

/** Those that leave a spool as it is. */
function addLooks(add: Add, tool: SpoolTool, done: (code: number) => void): void {
  add(
    'ls',
    "list spools, carbon-relay-ng's queues too: lines, bytes, age, whether in use or an orphan",
    PLAIN_EXIT_HELP,
  )
    .option('--url <url>', 'ask the running relay at this address of its HTTP API')
    .action(async (flags: WorkFlags) => done(await tool.list(flags)));
  add('verify', 'read every record and check it', READ_EXIT_HELP)
    .argument('[spool...]', 'which; default: all')
    .action(async (names: string[], flags: WorkFlags) => done(await tool.verify(names, flags)));
  add('cat', 'print the lines that wait', READ_EXIT_HELP)
    .argument('<spool...>', 'which')
    .action(async (names: string[], flags: WorkFlags) => done(await tool.cat(names, flags)));
  add(
    'export',
    'copy the lines that wait to a new file, or to a queue for carbon-relay-ng; the spool stays as it is',
    READ_EXIT_HELP,
  )
    .argument('<spool>', 'which')
    .requiredOption('--to <path>', 'the file; of form crng the spool folder of carbon-relay-ng')
    .option('--format <form>', 'plain: a line each; crng: files that carbon-relay-ng reads', 'plain')
    .option('--key <key>', "form crng: the destination key (default: the spool's)")
    .option(
      '--file-bytes <bytes>',
      "form crng: spoolmaxbytesperfile of that destination (default: the config's)",
    )
    .action(async (name: string, flags: ExportFlags) => done(await tool.export(name, flags)));
}

/** Those that change one. */
function addMoves(add: Add, tool: SpoolTool, world: CommandWorld, done: (code: number) => void): void {
  add(
    'import',
    "put lines into a spool: from carbon-relay-ng's queues, another spool or a plain file",
    READ_EXIT_HELP,
    IMPORT_HELP,
  )
    .argument('[queue...]', 'from which queues or spools')
    .option('--file <path>', 'from a plain file; "-": from standard input')
    .option('--all', 'from every queue of carbon-relay-ng in which lines wait')
    .option('--into <key>', 'the destination key (default: that of the queue)')
    .option('--bad', 'also from the files that carbon-relay-ng gave up (.bad)')
    .option('--keep', "leave carbon-relay-ng's files as they are")
    .option('--force', 'also when carbon-relay-ng seems to run, or the config has no such destination')
    .option('--url <url>', 'into the spool of the running relay at this address of its HTTP API')
    .action(async (names: string[], flags: ImportFlags) => done(await importLines(names, flags, world)));
  add('replay', 'send the lines that wait to a peer, and take them out', PLAIN_EXIT_HELP, REPLAY_HELP)
    .argument('<spool>', 'which')
    .requiredOption('--to <host:port>', 'a plain carbon listener')
    .option('--rate <lines>', 'lines a second; 0: as fast as the peer takes them', '10000')
    .action(async (name: string, flags: WorkFlags & { to: string; rate: string }) => {
      done(await tool.replay(name, flags));
    });
  add('purge', 'drop the lines that wait', PLAIN_EXIT_HELP)
    .argument('<spool...>', 'which')
    .option('--yes', 'yes, drop them')
    .option('--url <url>', 'in the running relay at this address of its HTTP API')
    .action(async (names: string[], flags: WorkFlags & { yes?: true }) =>
      done(await tool.purge(names, flags)),
    );
}

function addCommand(spool: Command, name: string, description: string): Command {
  return spool
    .command(name)
    .description(description)
    .option('--config <file>', 'the config; says which spools are orphans')
    .option('--spool-dir <folder>', 'the spool folder')
    .option('--json', 'one JSON object a line');
}
