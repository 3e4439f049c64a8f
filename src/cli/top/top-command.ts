// `sluice top`: a page of a running relay that renews itself; one plain page where standard output is no terminal.
import type { Command } from 'commander';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT, exitHelp } from '../exit-code.ts';
import { askFacts, DEFAULT_URL } from '../tune/tune-command.ts';
import { renderTop, ROUTE_ROWS_MAX, type SortKey, SORTS } from './render-top.ts';

const HELP = `
On a terminal the page renews itself: n, i, q, d, w sort the destinations by name, lines in, lines that wait, drops or the
99th percentile of write times; t shows timings of destinations instead of amounts; space pauses, x ends. Elsewhere one plain
page is printed. DISK counts lines, WRITE is the 99th percentile of the last hour; \`GET /api/timings\` has all.`;

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const ALTERNATE_ON = '\u001b[?1049h\u001b[?25l';
const ALTERNATE_OFF = '\u001b[?25h\u001b[?1049l';
const ETX = '\u0003';
/** Lines of a page that are neither routes nor destinations. */
const OTHER_ROWS = 18;
const INTERVAL_SEC_MIN = 0.1;
const INTERVAL_SEC_MAX = 3600;

interface TopFlags {
  readonly url: string;
  readonly interval: string;
  readonly sort: string;
  readonly times?: true;
}

/** Adds `top`. */
export function addTop(program: Command, world: CommandWorld): void {
  program
    .command('top')
    .description('show a running relay: inputs, routes, destinations, queues, spools, drops, timings')
    .option('--url <url>', 'the HTTP API of the relay', DEFAULT_URL)
    .option('--interval <seconds>', 'how often the page renews itself', '1')
    .option('--sort <key>', `what destinations are sorted by: ${Object.keys(SORTS).join(', ')}`, 'i')
    .option('--times', 'destinations with their timings')
    .addHelpText('after', `${HELP}\n${exitHelp('done', 'the relay does not answer, or measures nothing')}`)
    .action((flags: TopFlags) => runTop(flags, world));
}

async function runTop(flags: TopFlags, world: CommandWorld): Promise<void> {
  const intervalSec = Number(flags.interval);
  if (!(intervalSec >= INTERVAL_SEC_MIN && intervalSec <= INTERVAL_SEC_MAX)) {
    throw new CommandError(
      `--interval "${flags.interval}": not a number of seconds from 0.1 to 3600`,
      EXIT.usage,
    );
  }
  let sort = flags.sort;
  if (!isSort(sort)) {
    throw new CommandError(`--sort "${sort}": not one of ${Object.keys(SORTS).join(', ')}`, EXIT.usage);
  }
  let showsTimes = flags.times ?? false;
  const { terminal } = world;
  if (terminal === undefined) {
    const view = { sort, isPaused: false, showsTimes, rows: undefined, hasKeys: false };
    world.print(renderTop(await askFacts(flags.url), view));
    return;
  }
  let facts = await askFacts(flags.url);
  let isPaused = false;
  let wake: () => void = () => undefined;
  const keys = { isOver: false };
  const endKeys = terminal.onKeys((key) => {
    if (isSort(key)) sort = key;
    else if (key === ' ') isPaused = !isPaused;
    else if (key === 't') showsTimes = !showsTimes;
    else if (key === 'x' || key === ETX) keys.isOver = true;
    wake();
  });
  world.print(ALTERNATE_ON);
  try {
    for (let dueMs = 0; !keys.isOver; ) {
      const nowMs = world.clock.monotonicMs();
      if (!isPaused && nowMs >= dueMs) {
        facts = await askFacts(flags.url);
        dueMs = nowMs + intervalSec * 1000;
      }
      const rows = terminal.rows() - OTHER_ROWS - ROUTE_ROWS_MAX;
      const view = { sort, isPaused, showsTimes, rows, hasKeys: true };
      const page = renderTop(facts, view).replaceAll('\n', `${CLEAR_LINE}\r\n`);
      world.print(`${HOME}${page}${CLEAR_BELOW}`);
      if (keys.isOver) break;
      await new Promise<void>((resolve) => {
        const cancel = world.clock.after(intervalSec * 1000, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  } finally {
    world.print(ALTERNATE_OFF);
    endKeys();
  }
}

function isSort(key: string): key is SortKey {
  return Object.hasOwn(SORTS, key);
}
