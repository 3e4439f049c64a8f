// `sluice import`: the config of another relay as one of this relay.
import type { Command } from 'commander';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT, exitHelp } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';
import { type CarbonFiles, importCarbon } from './import-carbon.ts';
import { importCRelay } from './import-c-relay.ts';
import { ImportReport } from './import-report.ts';

const HELP = `
The config goes to standard output. What could not be translated, and what deserves a look, goes to standard error, one
line each with its file and line. Look at the result with "sluice check" and "sluice explain" before you run it.`;

const EXIT_HELP = exitHelp('everything was translated', 'something was not, or a file cannot be read');

/** Adds the command. */
export function addImport(program: Command, world: CommandWorld, done: (code: number) => void): void {
  const command = program
    .command('import')
    .description('translate the config of another relay')
    .addHelpText('after', `${HELP}\n${EXIT_HELP}`);
  command
    .command('carbon-c-relay')
    .description('translate a config of carbon-c-relay, with the files that it includes')
    .argument('<file>', 'the config')
    .addHelpText('after', `${HELP}\n${EXIT_HELP}`)
    .action((file: string) =>
      done(run(world, (report, read) => importCRelay(file, { ...world, readFile: read }, report))),
    );
  command
    .command('carbon')
    .description("translate the config of carbon's own relay, or of its aggregator")
    .argument('<file>', 'carbon.conf')
    .option('--relay-rules <file>', 'relay-rules.conf')
    .option('--aggregation-rules <file>', 'aggregation-rules.conf')
    .option('--rewrite-rules <file>', 'rewrite-rules.conf')
    .option('--blacklist <file>', 'blacklist.conf')
    .option('--whitelist <file>', 'whitelist.conf')
    .addHelpText('after', `${HELP}\n${EXIT_HELP}`)
    .action((file: string, files: CarbonFiles) =>
      done(run(world, (report, read) => importCarbon(file, files, { readFile: read }, report))),
    );
}

type ReadFile = CommandWorld['readFile'];

function run(world: CommandWorld, translate: (report: ImportReport, read: ReadFile) => string): number {
  const report = new ImportReport();
  const text = translate(report, (path) => {
    try {
      return world.readFile(path);
    } catch (error) {
      throw new CommandError(`cannot read "${path}": ${describeSystemError(error)}`);
    }
  });
  world.print(text);
  world.complain(report.text);
  return report.isWhole ? EXIT.ok : EXIT.failed;
}
