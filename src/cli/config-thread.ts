// Reads and rewrites a config in a thread of its own: with a thousand routes that takes some 0.4 s the first time
// (bench/micro/read-config.ts), and the relay has other things to do. This file is also what that thread runs; what goes in and out is plain data.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Flags } from '../config/overrides.ts';
import type { WriteOutcome } from '../relay/change/write-back.ts';
import type { TableOptions } from '../table/options.ts';
import type { CommandWorld } from './command-world.ts';
import { systemConfigFiles } from './config-files.ts';
import { readConfig } from './read-config.ts';
import { writeConfig } from './write-config.ts';

/** Longest that reading or writing may take. */
const TIMEOUT_MS = 60_000;

/** Where a config comes from. */
export interface ConfigOrigin {
  readonly file: string | undefined;
  readonly flags: Flags;
  readonly env: CommandWorld['env'];
  readonly hostName: string;
}

interface Request extends ConfigOrigin {
  readonly thread: 'config';
  /** A table to be written to the config that the digest tells of. */
  readonly wanted?: { readonly table: TableOptions; readonly digest: string };
}

type Reply = { readonly done: LoadedConfig | WriteOutcome } | { readonly error: string };

/** Reads a config as `readConfig` does; rejects with one line when it cannot be read. */
export async function readConfigAside(origin: ConfigOrigin, timeoutMs = TIMEOUT_MS): Promise<LoadedConfig> {
  return (await ask({ ...origin, thread: 'config' }, timeoutMs)) as LoadedConfig;
}

/** Writes a table to a config, see `writeConfig`; rejects with one line when that fails. */
export async function writeConfigAside(
  origin: ConfigOrigin,
  table: TableOptions,
  digest: string,
): Promise<WriteOutcome> {
  return (await ask({ ...origin, thread: 'config', wanted: { table, digest } }, TIMEOUT_MS)) as WriteOutcome;
}

async function ask(request: Request, timeoutMs: number): Promise<LoadedConfig | WriteOutcome> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { ...request, env: { ...request.env } },
  });
  const { promise, resolve, reject } = Promise.withResolvers<LoadedConfig | WriteOutcome>();
  worker.on('message', (reply: Reply) => {
    if ('done' in reply) resolve(reply.done);
    else reject(new Error(reply.error));
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`the thread of the config ended with ${code}`)));
  // A pipe in the place of a file, or a file system that hangs, must not hold all later reloads up.
  const timer = setTimeout(() => {
    reject(new Error(`the config could not be read within ${timeoutMs / 1000} s`));
    void worker.terminate();
  }, timeoutMs);
  return promise.finally(() => clearTimeout(timer));
}

function isRequest(data: unknown): data is Request {
  return typeof data === 'object' && data !== null && 'thread' in data && data.thread === 'config';
}

function answer({ file, flags, env, hostName, wanted }: Request): Reply {
  const world = { ...systemConfigFiles, env, hostName };
  try {
    if (wanted === undefined) return { done: readConfig(file, flags, world) };
    return { done: writeConfig(file ?? '', flags, world, wanted.table, wanted.digest) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const data: unknown = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
if (!isMainThread && isRequest(data)) parentPort?.postMessage(answer(data));
