// `sluice tune`: what a running relay measures, in words; what to change, or that there is nothing to change.
import type { Command } from 'commander';
import type { TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT_CODE_HELP } from '../exit-code.ts';
import { askRelay } from '../relay-api.ts';
import { makeReport, renderTune } from './render-tune.ts';

const HELP = `
For each destination: what came, how fast it leaves, the worst burst and stall, what waited, how many seconds of an
outage memory and disk hold at this rate, what to change and why, or "nothing to tune". Then the table of
carbon-relay-ng's tuning notes with the numbers of this relay beside theirs; its writes are those of the busiest
destination, its peaks those of the last hour.`;

/** Where a relay answers when nothing else is said. */
export const DEFAULT_URL = 'http://127.0.0.1:8081';

interface TuneFlags {
  readonly url: string;
  readonly json?: true;
}

/** Adds `tune`. */
export function addTune(program: Command, world: CommandWorld): void {
  program
    .command('tune')
    .description('explain what a running relay measures, and what to change')
    .option('--url <url>', 'the HTTP API of the relay', DEFAULT_URL)
    .option('--json', 'the facts and what is made of them, as JSON')
    .addHelpText('after', `${HELP}\n${EXIT_CODE_HELP}`)
    .action(async (flags: TuneFlags) => {
      const answer = await askRelay(flags.url, '/api/tune');
      if (answer.status !== 200) throw new CommandError(answer.error);
      const report = makeReport(answer.body as TuneFacts);
      world.print(flags.json === true ? `${JSON.stringify(report)}\n` : renderTune(report));
    });
}
