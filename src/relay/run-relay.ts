// A relay as a process: start, the lines users wait for, signals, the ledger at the end, the exit code.
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { lookup } from 'node:dns/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { renderProblem } from '../config/problem.ts';
import { systemFiles } from '../destination/sender/file-system.ts';
import { makeTcpConnect, systemLookup } from '../destination/sender/peer-socket.ts';
import type { TableOptions } from '../table/options.ts';
import { Logger } from '../telemetry/logger.ts';
import { systemClock } from '../util/clock.ts';
import { FdWriter, openUnblocking } from '../util/fd-writer.ts';
import { holdYoungGeneration } from '../util/young-generation.ts';
import type { Log } from '../util/log.ts';
import { renderBanner } from './banner.ts';
import { Relay } from './relay.ts';
import type { FreshConfig } from './change/reload.ts';
import { SpoolRoot } from './spool-root.ts';
import type { WriteTable } from './change/write-back.ts';
import { makeNap, Turn } from './turn.ts';
import { WindowFile } from './window-file.ts';
import { makeFolder } from '../util/make-folder.ts';

/** Exit codes of `sluice run`; documented in `sluice run --help`. */
export const EXIT_OK = 0;
/** Could not start; or lines were dropped because the time to shut down was over. */
export const EXIT_ERROR = 1;
/** Cut short by a second signal. */
export const EXIT_CUT = 3;

/** Ctrl-C comes from the terminal and, where npm started us, from npm too: within this time it is one, ms. */
const TWICE_MS = 250;
/** After a second signal spools have this long to take what memory holds, and then a moment to close, ms. */
const CUT_MS = 1000;
const CUT_GRACE_MS = 300;
/** How long the end waits for a reader of its log, ms. */
const LAST_WORDS_MS = 500;
/** Longest nap of the event loop under a flow of small packets, ms; what a line may wait for others. */
const NAP_MS_MAX = 2;

export interface RunOptions {
  readonly config: Config;
  readonly version: string;
  /** True when there was no config file: the banner tells a newcomer what to do next. */
  readonly embedded: boolean;
  /** Reads the config again, from where it came from. */
  readonly readAgain: () => Promise<FreshConfig>;
  /** Writes a table to the files of the config. */
  readonly writeTable: WriteTable;
}

/** Runs a relay until a signal ends it; resolves to the exit code. Never rejects for what a user can cause. */
export async function runRelay({
  config,
  version,
  embedded,
  readAgain,
  writeTable,
}: RunOptions): Promise<number> {
  holdYoungGeneration();
  const stderr = new FdWriter(openUnblocking(2));
  const stdout = new FdWriter(openUnblocking(1));
  process.on('exit', () => {
    stderr.flush(LAST_WORDS_MS);
    stdout.flush(LAST_WORDS_MS);
  });
  const logger = new Logger(
    { level: config.logLevel, format: config.logFormat },
    { clock: systemClock, write: (text) => stderr.write(text) },
  );
  const log = makeCountedLog(logger, () => stderr.lost + stdout.lost);
  const signals = new Signals(log);
  for (const warning of config.warnings) log.warn(renderProblem(warning));
  let relay: Relay;
  let spools: SpoolRoot | undefined;
  try {
    await checkFolders(config.table);
    const turn = makeTurn();
    const queued = (): void => turn.noteQueue();
    spools = await SpoolRoot.open(config, { clock: systemClock, log, random: Math.random, queued });
    relay = await Relay.make(config, {
      clock: systemClock,
      log,
      version,
      random: Math.random,
      accessLog: (line) => stdout.write(line),
      network: {
        connect: makeTcpConnect(),
        lookup: systemLookup,
        files: systemFiles,
        listenLookup: (host) => lookup(host, { all: true }),
      },
      turn,
      spools,
      windowFile: spools && new WindowFile(spools.path),
      readAgain,
      writeTable,
      prepare: checkFolders,
      setLogLevel: (level) => logger.setLevel(level),
      processMetrics: true,
    });
    await relay.start();
  } catch (error) {
    logger.fatal(error instanceof Error ? error.message : String(error));
    await spools?.release();
    return EXIT_ERROR;
  }
  const hasPidFile = await writePidFile(config.pidFile, log);
  log.info(`sluice ${version} is running as instance ${config.instance}`);
  if (embedded) stdout.write(describeStart(relay));
  signals.onHangUp = () => void relay.reload?.run('SIGHUP', false);
  const drained = await signals.untilEnded(() => relay.drain(relay.config.shutdownTimeoutMs));
  if (drained === 'cut') await cutShort(relay);
  log.info(`final ledger: ${JSON.stringify(relay.ledger())}`);
  await spools?.release();
  if (hasPidFile) await removePidFile(config.pidFile, log);
  if (drained === 'cut') return EXIT_CUT;
  if (!drained)
    log.error(`lines were dropped: shutdown_timeout (${relay.config.shutdownTimeoutMs} ms) was over`);
  return drained ? EXIT_OK : EXIT_ERROR;
}

function makeTurn(): Turn {
  // What completions of writes wait for as well (destination/sender/connection.ts), so that these are run first.
  const settled = Promise.resolve();
  return new Turn(
    { napMsMax: NAP_MS_MAX },
    {
      clock: systemClock,
      nap: makeNap(),
      soon: (fn) => void setImmediate(fn),
      settled: (fn) => void settled.then(fn),
    },
  );
}

/** Nothing is sent any more; spools take what they can take soon. */
async function cutShort(relay: Relay): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const cancel = systemClock.after(CUT_MS + CUT_GRACE_MS, resolve);
  await Promise.race([relay.hasten(CUT_MS), timeUp]);
  cancel();
  relay.stop();
}

/** The first SIGINT or SIGTERM begins the end, the second cuts it short. */
class Signals {
  readonly #first: Promise<void>;
  readonly #second: Promise<'cut'>;
  /** Asks for a reload; absent while there is nothing to reload. */
  onHangUp: (() => void) | undefined;

  constructor(log: Log) {
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<'cut'>();
    this.#first = first.promise;
    this.#second = second.promise;
    let seen = 0;
    let interruptedMs = Number.NEGATIVE_INFINITY;
    const onSignal = (signal: NodeJS.Signals) => {
      if (signal === 'SIGINT') {
        const nowMs = systemClock.monotonicMs();
        if (nowMs - interruptedMs < TWICE_MS) return;
        interruptedMs = nowMs;
      }
      seen += 1;
      log.info(
        seen === 1
          ? `${signal}: draining; a second signal cuts it short`
          : `${signal} again: nothing more is sent`,
      );
      if (seen === 1) first.resolve();
      else second.resolve('cut');
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    process.on('SIGHUP', () => {
      if (this.onHangUp === undefined) log.info('SIGHUP: starting or ending; the config is not read again');
      else this.onHangUp();
    });
  }

  /** Waits for a signal, then for `drain` or a second signal. */
  async untilEnded(drain: () => Promise<boolean>): Promise<boolean | 'cut'> {
    await this.#first;
    this.onHangUp = undefined;
    return Promise.race([drain(), this.#second]);
  }
}

function makeCountedLog(logger: Logger, lost: () => number): Log & { readonly lost: number } {
  return {
    error: (message) => logger.error(message),
    warn: (message) => logger.warn(message),
    info: (message) => logger.info(message),
    debug: (message) => logger.debug(message),
    trace: (message) => logger.trace(message),
    get lost() {
      return lost();
    },
  };
}

/** Makes sure at start that each file destination can be written; later trouble is a state of the destination. */
async function checkFolders(table: TableOptions): Promise<void> {
  for (const { destinations, key } of table.routes) {
    for (const { address, addr } of destinations) {
      if (address.protocol !== 'file') continue;
      const folder = dirname(resolve(address.path));
      try {
        await makeFolder(folder);
        await access(folder, constants.W_OK);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new Error(
          `route "${key}": destination "${addr}": folder ${folder} cannot be written (${code})`,
          {
            cause: error,
          },
        );
      }
    }
  }
}

/** Returns whether it is there now. */
async function writePidFile(path: string, log: Log): Promise<boolean> {
  if (path === '') return false;
  try {
    await writeFile(path, String(process.pid));
    return true;
  } catch (error) {
    log.warn(`pid_file ${path}: ${(error as Error).message}; going on without`);
    return false;
  }
}

async function removePidFile(path: string, log: Log): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    log.warn(`pid_file ${path} cannot be removed: ${(error as Error).message}`);
  }
}

function describeStart({ config, routing, plainPort, httpPort }: Relay): string {
  const [destination] = routing.destinations;
  const where = destination?.options.address;
  const goes =
    where?.protocol === 'file'
      ? `the file ${resolve(where.path)} (set GRAPHITE_ADDR=host:port to send them to Graphite)`
      : (destination?.options.addr ?? 'nowhere');
  const { listenAddr } = config.inputs;
  return renderBanner({
    plain: plainPort === undefined ? undefined : { addr: listenAddr, port: plainPort },
    http: httpPort === undefined ? undefined : { addr: config.httpAddr, port: httpPort },
    goes,
  });
}
