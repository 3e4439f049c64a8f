// `sluice tune`: what a running relay measures, in words; what to change, or that there is nothing to change.
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { evaluateTrace, isTrace, type TraceReport } from '../../telemetry/tune/traffic-trace.ts';
import { trafficRows } from '../../telemetry/tune/notes-table.ts';
import { renderCount } from '../../util/render-count.ts';
import { renderBytes, renderTable } from '../render-amount.ts';
import type { TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT, exitHelp } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';
import { askRelay } from '../relay-api.ts';
import { makeReport, renderNotes, renderTune } from './render-tune.ts';

const HELP = `
For each destination: what came, how fast it leaves, the worst burst and stall, what waited, how many seconds of an
outage memory and disk hold at this rate, what to change and why, or "nothing to tune". Then the table of
carbon-relay-ng's tuning notes with the numbers of this relay beside theirs; its writes are those of the busiest
destination, its peaks those of the last hour.

--record writes a trace of the traffic to a new file: when each read came, how many lines and bytes, no keys. --replay says
what such a trace holds, and what must be buffered while a destination takes nothing for a while. No relay is needed.`;

/** Where a relay answers when nothing else is said. */
export const DEFAULT_URL = 'http://127.0.0.1:8081';

const SECONDS_DEFAULT = '10';

interface TuneFlags {
  readonly url: string;
  readonly json?: true;
  readonly record?: string;
  readonly replay?: string;
  readonly seconds?: string;
}

/** Adds `tune`. */
export function addTune(program: Command, world: CommandWorld): void {
  program
    .command('tune')
    .description('explain what a running relay measures, and what to change')
    .option('--url <url>', 'the HTTP API of the relay', DEFAULT_URL)
    .option('--record <file>', 'record the traffic of the relay')
    .option('--seconds <n>', 'with --record: for how long, at most 50 (default: 10)')
    .option('--replay <file>', 'explain a recorded trace')
    .option('--json', 'the facts and what is made of them, as JSON')
    .addHelpText(
      'after',
      `${HELP}\n${exitHelp('done', 'the relay does not answer or measures nothing, or a trace cannot be read or written')}`,
    )
    .action(async (flags: TuneFlags) => {
      if (flags.record !== undefined && flags.replay !== undefined) {
        throw new CommandError('--record and --replay exclude each other', EXIT.usage);
      }
      if (flags.seconds !== undefined && flags.record === undefined) {
        throw new CommandError('--seconds needs --record: what is explained is of the last hour', EXIT.usage);
      }
      if (flags.record !== undefined) return record(flags.record, flags, world);
      if (flags.replay !== undefined) return replay(flags.replay, flags, world);
      const report = makeReport(await askFacts(flags.url));
      world.print(flags.json === true ? `${JSON.stringify(report)}\n` : renderTune(report));
    });
}

/** Asks a relay for the facts. Throws a CommandError when none answers, or something else does. */
export async function askFacts(url: string): Promise<TuneFacts> {
  const { status, body, error } = await askRelay(url, '/api/tune');
  const facts = body as Partial<TuneFacts> | null | undefined;
  if (status !== 200 || !Array.isArray(facts?.destinations)) throw new CommandError(error);
  return facts as TuneFacts;
}

async function record(file: string, flags: TuneFlags, world: CommandWorld): Promise<void> {
  // Before the time of a recording is spent in vain; the write refuses a file that came meanwhile.
  if (existsSync(file)) {
    throw new CommandError(`${file} cannot be written: it exists; remove it, or name another for --record`);
  }
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new CommandError(`${file} cannot be written: its folder: ${describeSystemError(cause)}`);
  }
  const query = new URLSearchParams({ seconds: flags.seconds ?? SECONDS_DEFAULT });
  const { status, body, error } = await askRelay(flags.url, `/api/traffic/trace?${query.toString()}`);
  if (status !== 200 || !isTrace(body)) throw new CommandError(error);
  try {
    writeFileSync(file, `${JSON.stringify(body)}\n`, { flag: 'wx' });
  } catch (cause) {
    throw new CommandError(`${file} cannot be written: ${describeSystemError(cause)}`);
  }
  world.print(`${renderCount(body.reads.length)} reads in ${body.seconds.toFixed(1)} s are in ${file}\n`);
}

function replay(file: string, flags: TuneFlags, world: CommandWorld): void {
  let trace: unknown;
  try {
    trace = JSON.parse(Buffer.from(world.readFile(file)).toString());
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw new CommandError(`${file}: ${describeSystemError(cause)}`);
  }
  if (!isTrace(trace)) throw new CommandError(`${file}: not a file of sluice tune --record`);
  const report = evaluateTrace(trace);
  world.print(flags.json === true ? `${JSON.stringify(report)}\n` : renderTrace(report));
}

function renderTrace({ seconds, missed, traffic, stalls }: TraceReport): string {
  const needs = stalls.map(({ stallMs, metrics, bytes }) => [
    `${renderCount(stallMs)} ms`,
    renderCount(metrics),
    renderBytes(bytes),
  ]);
  const missing = missed === 0 ? '' : `${renderCount(missed)} reads were too many to be recorded\n`;
  const heading = ['nothing leaves for', 'metrics to buffer', 'bytes'];
  return `${renderNotes(trafficRows(traffic, seconds))}\n${renderTable([heading, ...needs], { right: [1, 2] })}${missing}`;
}
