// `sluice bench`: a load generator and a sink in one command, which tests any carbon relay.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { countOpenDescriptors, readDescriptorLimit } from '../../input/descriptor-limit.ts';
import { parseListenAddress } from '../../util/listen-address.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT, exitHelp } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';
import { Progress } from '../progress.ts';
import { renderPlot } from './bench-plot.ts';
import { type LoadFlags, makePlan, PROFILES, readCount } from './bench-profile.ts';
import { type BenchReport, renderBench } from './bench-report.ts';
import { LOAD_BOUNDS, type LoadPlan } from './load-plan.ts';
import type { Target } from './outlet.ts';
import { type LoadResult, runLoad } from './run-load.ts';
import { BenchSink } from './sink-thread.ts';

const HELP = `
The relay listens on --target and sends to the ports of --listen. Without --target the generator sends straight into the
sink, which says what the two can do by themselves; without --listen nothing is counted.

Profiles:
${Object.entries(PROFILES)
  .map(([name, { about }]) => `  ${name.padEnd(8)}${about}`)
  .join('\n')}

Every line has a number of its own as its value: loss, duplicates and reordering (a line that comes after a later one of its
series) are counted exactly, and the delay is that of each line, from the moment before its write. Lines that come
with other white space or more around the key are counted as such; lines of others, such as the statistics of a relay, are shown.
See docs/bench.md.`;

const EXIT_HELP = exitHelp(
  'every line came, once for each copy; reordered lines do not count',
  'lines were lost or came twice, or the relay cannot be reached',
);

const DESCRIPTORS_APART = 64;
const LATEST_CELLS_MAX = 200_000_000;

interface BenchFlags extends LoadFlags {
  readonly target?: string;
  readonly listen?: string;
  readonly copies: string;
  readonly wait: string;
  readonly discard?: true;
  readonly json?: true;
  readonly plot?: string;
}

/** Adds `bench`. */
export function addBench(program: Command, world: CommandWorld, done: (code: number) => void): void {
  program
    .command('bench')
    .description('test a carbon relay: send a load through it and count what comes')
    .option('--target <host:port>', 'where the relay listens')
    .option('--listen <port,...>', 'where the relay sends to; [host:]port, the host is 127.0.0.1')
    .option('--profile <name>', 'what kind of load', 'full')
    .option('--rate <n>', 'lines a second, of any profile but notes')
    .option(
      '--lines-per-write <n>',
      'lines of a write, of any profile but notes (default: paced 5, udp 20, else up to 1024)',
    )
    .option('--lines <n>', 'how many lines to send')
    .option('--seconds <n>', 'for how long to send (default: 10, notes 20)')
    .option('--series <n>', 'how many series', '10000')
    .option('--connections <n>', 'how many connections (default: 4, fanin 10000)')
    .option('--line-bytes <n>', 'mean length of a line (default: 63, and 10 for each tag)')
    .option('--tags <n>', 'tags of each series', '0')
    .option('--copies <n>', 'how often each line is to come', '1')
    .option('--wait <seconds>', 'how long nothing may come before the rest counts as lost', '5')
    .option('--seed <n>', 'seed of the random numbers of the profile notes', '1')
    .option('--discard', 'measure the generator alone: the sink reads and counts nothing; not with --target')
    .option('--json', 'the result as JSON')
    .option('--plot <file>', 'draw rate, delay and queue over time to an SVG file')
    .addHelpText('after', `${HELP}\n${EXIT_HELP}`)
    .action(async (flags: BenchFlags) => {
      const result = await bench(flags, world);
      done(result.lost > 0 || result.duplicates > 0 ? EXIT.failed : EXIT.ok);
    });
}

async function bench(flags: BenchFlags, world: CommandWorld): Promise<LoadResult> {
  const plan = makePlan(flags);
  const copies = readCount('--copies', flags.copies, 1, LOAD_BOUNDS.copies);
  const idleMs = readCount('--wait', flags.wait, 1, LOAD_BOUNDS.seconds) * 1000;
  const given = flags.target === undefined ? undefined : readAddress('--target', flags.target);
  check(flags, plan, copies, given === undefined);
  const sink = given !== undefined && flags.listen === undefined ? undefined : await startSink(flags, plan);
  try {
    const target = given ?? { host: sinkHost(flags), port: sink?.ports[0] ?? 0 };
    const progress = new Progress('bench', world, progressText(plan));
    const run = { plan, target, copies, byPort: copies === (sink?.ports.length ?? 0), idleMs };
    const total = totalOf(plan);
    const startMs = world.clock.monotonicMs();
    const result = await runLoad({
      ...run,
      sink: flags.discard === true ? undefined : sink,
      onProgress: (sent, received) => {
        const done =
          plan.mode.kind === 'full' && plan.mode.lines !== undefined
            ? sent
            : (world.clock.monotonicMs() - startMs) / 1000;
        progress.update(done, total, sink === undefined ? sent : received);
      },
    }).catch((error: unknown) => {
      throw new CommandError(error instanceof Error ? error.message : String(error));
    });
    progress.end();
    const listen =
      flags.discard === true || sink === undefined
        ? []
        : sink.ports.map((port) => `${sinkHost(flags)}:${port}`);
    report({ profile: flags.profile, target: flags.target, listen, plan, copies, result }, flags, world);
    return result;
  } finally {
    await sink?.stop();
  }
}

function report(made: BenchReport, { json, plot }: BenchFlags, world: CommandWorld): void {
  world.print(json === true ? `${JSON.stringify(made)}\n` : renderBench(made));
  if (plot === undefined) return;
  try {
    writeFileSync(plot, renderPlot(made));
  } catch (error) {
    throw new CommandError(`${plot} cannot be written: ${describeSystemError(error)}`);
  }
}

function totalOf({ mode }: LoadPlan): number {
  return mode.kind === 'full' && mode.lines !== undefined ? mode.lines : (mode.seconds ?? 0);
}

function progressText({ mode }: LoadPlan): (done: number) => string {
  if (mode.kind === 'full' && mode.lines !== undefined) return (done) => `${done}`;
  return (done) => `${done.toFixed(1)} s`;
}

function check(flags: BenchFlags, plan: LoadPlan, copies: number, isAlone: boolean): void {
  const usage = (message: string): CommandError => new CommandError(message, EXIT.usage);
  // Before a load is run whose picture could not be kept.
  if (flags.plot !== undefined && !existsSync(dirname(flags.plot))) {
    throw new CommandError(`${flags.plot} cannot be written: its folder: no such file`);
  }
  if (flags.discard === true && !isAlone) throw usage('--discard excludes --target');
  if (isAlone && copies > 1) throw usage('--copies needs --target: the generator sends each line once');
  if (isAlone && plan.transport === 'pickle')
    throw usage('the profile pickle needs --target: the sink reads plain lines');
  if (plan.series * copies > LATEST_CELLS_MAX) {
    throw usage(`--series times --copies may be ${LATEST_CELLS_MAX} at most`);
  }
  const needed = plan.transport === 'udp' ? 0 : plan.connections * (isAlone ? 2 : 1);
  const limit = readDescriptorLimit();
  const wanted = needed + (countOpenDescriptors() ?? 0) + DESCRIPTORS_APART;
  if (wanted <= limit) return;
  throw new CommandError(
    `${plan.connections} connections need ${wanted} open files, and ${limit} are allowed: ` +
      `raise the hard limit (ulimit -Hn ${2 ** Math.ceil(Math.log2(wanted))} as root, LimitNOFILE= in systemd), ` +
      `that of the relay too, or ask for fewer --connections`,
  );
}

function sinkHost({ listen }: BenchFlags): string {
  return readListen(listen ?? '0').host;
}

async function startSink(flags: BenchFlags, plan: LoadPlan): Promise<BenchSink> {
  const { host, ports } = readListen(flags.listen ?? '0');
  const isUdp = flags.target === undefined && plan.transport === 'udp';
  try {
    const transport = isUdp ? 'udp' : 'tcp';
    return await BenchSink.start({ host, ports, transport, discards: flags.discard === true });
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function readListen(text: string): { readonly host: string; readonly ports: readonly number[] } {
  const all = text
    .split(',')
    .map((part) => readAddress('--listen', /^\d+$/.test(part) ? `127.0.0.1:${part}` : part));
  const host = all[0]?.host ?? '';
  if (all.some((one) => one.host !== host))
    throw new CommandError('--listen: one host for all ports', EXIT.usage);
  return { host, ports: all.map(({ port }) => port) };
}

function readAddress(flag: string, text: string): Target {
  const parsed = parseListenAddress(text);
  if (!parsed.ok) throw new CommandError(`${flag}: ${parsed.error}`, EXIT.usage);
  return { host: parsed.address.host === '' ? '0.0.0.0' : parsed.address.host, port: parsed.address.port };
}
