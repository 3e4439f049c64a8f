// `sluice tail`: single lines of a running relay as they pass. Lines go to standard output, all that is said about them to
// standard error.
import type { Command } from 'commander';
import {
  TAIL_INPUTS,
  TAIL_RATE,
  TAIL_RATE_MAX,
  TAIL_REASONS,
  type TailEvent,
  type TailStatus,
} from '../../telemetry/tail/tail-report.ts';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT, exitHelp } from '../exit-code.ts';
import { openRelayStream } from '../relay-api.ts';
import { DEFAULT_URL } from '../tune/tune-command.ts';
import { readEvents } from './read-events.ts';
import { renderStatus, renderTailLine, renderWatching } from './render-tail.ts';

const HELP = `
A PATTERN is a regular expression (RE2) that is searched for in the key as received, or a condition as of a blocklist:
"prefix servers.", "sub cpu", "notRegex ^servers". With --reason only dropped lines are shown; a REASON is any, or
${TAIL_REASONS.slice(0, 6).join(', ')},
${TAIL_REASONS.slice(6).join(', ')}.

The relay looks for at most 2 % of its time; on standard error is said how much of what passed that was. A key that
matches is found however rare it is, unless there are more new keys than there is time for. When the relay ends, so does
this.`;

/** How often is said how much was looked at, unless that is all there was, s. */
const STATUS_SEC = 10;

interface TailFlags {
  readonly url: string;
  readonly match?: string;
  readonly route?: string;
  readonly reason?: string;
  readonly input?: string;
  readonly rate: string;
  readonly count?: string;
  readonly json?: true;
}

/** Adds `tail`. */
export function addTail(program: Command, world: CommandWorld): void {
  program
    .command('tail')
    .description('show single lines of a running relay as they pass, and where they go')
    .option('--url <url>', 'the HTTP API of the relay', DEFAULT_URL)
    .option('--match <pattern>', 'lines whose key as received matches PATTERN')
    .option('--route <key>', 'lines that reach this route')
    .option('--reason <reason>', 'only lines that are dropped, for this reason, or any')
    .option('--input <input>', `lines of one input: ${TAIL_INPUTS.join(', ')}`)
    .option('--rate <n>', `lines shown a second, at most ${TAIL_RATE_MAX}`, String(TAIL_RATE))
    .option('--count <n>', 'end after so many lines')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `${HELP}\n${exitHelp('ended by Ctrl-C, or after --count lines', 'the relay does not answer, or has ended')}`,
    )
    .action((flags: TailFlags) => runTail(flags, world));
}

async function runTail(flags: TailFlags, world: CommandWorld): Promise<void> {
  const { url, match, route, reason, input, rate } = flags;
  const countMax = readCount(flags.count);
  const query = new URLSearchParams({ rate });
  for (const [name, value] of Object.entries({ match, route, reason, input })) {
    if (value !== undefined) query.set(name, value);
  }
  const enough = new AbortController();
  const release = world.onInterrupt(() => enough.abort());
  try {
    const stream = await openRelayStream(url, `/api/tail?${query.toString()}`, enough.signal);
    if (stream === undefined) return;
    const seen = await follow(stream, { ...flags, countMax }, world, enough.signal);
    enough.abort();
    if (seen.status !== undefined) world.complain(renderStatus(atLeast(seen.status, seen.shown)));
    if (seen.end !== undefined) throw new CommandError(seen.end);
  } finally {
    release();
  }
}

interface Seen {
  /** How much was looked at when last that was said. */
  status: TailStatus | undefined;
  /** Lines printed. */
  shown: number;
  /** Why the relay ended it. */
  end: string | undefined;
}

/** Prints what comes until there is enough of it, or no more. */
async function follow(
  stream: AsyncIterable<Uint8Array>,
  flags: TailFlags & { readonly countMax: number },
  world: CommandWorld,
  signal: AbortSignal,
): Promise<Seen> {
  const seen: Seen = { status: undefined, shown: 0, end: undefined };
  let saidSec = 0;
  try {
    for await (const message of readEvents(stream)) {
      const { event, data } = message as TailEvent;
      if (event === 'watching') world.complain(renderWatching(data, flags.url));
      else if (event === 'note') world.complain(`${data.text}\n`);
      else if (event === 'end') seen.end = data.text;
      else if (event === 'status') {
        seen.status = data;
        const isNews = data.looked < data.lines || data.leftOut > 0;
        if (isNews && data.seconds - saidSec >= STATUS_SEC) {
          saidSec = data.seconds;
          world.complain(renderStatus(data));
        }
      } else if (event === 'line') {
        world.print(flags.json === true ? `${JSON.stringify(data)}\n` : renderTailLine(data));
        seen.shown += 1;
        if (seen.shown >= flags.countMax) return seen;
      }
    }
  } catch (error) {
    if (!signal.aborted) seen.end = `the connection to the relay broke: ${(error as Error).message}`;
    return seen;
  }
  if (!signal.aborted) seen.end ??= 'the relay hung up';
  return seen;
}

/** Figures are up to a second old: what was printed since is counted in. */
function atLeast(status: TailStatus, shown: number): TailStatus {
  const more = Math.max(0, shown - status.shown);
  return {
    ...status,
    lines: Math.max(status.lines, shown),
    looked: Math.max(status.looked, shown),
    matched: status.matched + more,
    shown: status.shown + more,
  };
}

function readCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new CommandError(`--count "${text}": not a whole number from 1 on`, EXIT.usage);
}
