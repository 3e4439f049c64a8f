// Reads a config in a thread of its own: a thousand routes take a quarter of a second, and the relay has other things to
// do. This file is also what that thread runs; a config is plain data, so it passes whole.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Flags } from '../config/overrides.ts';
import type { CommandWorld } from './command-world.ts';
import { systemConfigFiles } from './config-files.ts';
import { readConfig } from './read-config.ts';

interface Request {
  readonly reading: 'config';
  readonly file: string | undefined;
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
}

type Reply = { readonly loaded: LoadedConfig } | { readonly error: string };

/** Reads a config as `readConfig` does; rejects with one line when it cannot be read. */
export async function readConfigAside(
  file: string | undefined,
  flags: Flags,
  { env, hostName }: Pick<CommandWorld, 'env' | 'hostName'>,
): Promise<LoadedConfig> {
  const request: Request = { reading: 'config', file, flags, env: { ...env }, hostName };
  const worker = new Worker(new URL(import.meta.url), { workerData: request });
  const { promise, resolve, reject } = Promise.withResolvers<LoadedConfig>();
  worker.on('message', (reply: Reply) => {
    if ('loaded' in reply) resolve(reply.loaded);
    else reject(new Error(reply.error));
  });
  worker.on('error', reject);
  worker.on('exit', (code) => reject(new Error(`reading the config ended with ${code}`)));
  return promise;
}

function isRequest(data: unknown): data is Request {
  return typeof data === 'object' && data !== null && 'reading' in data && data.reading === 'config';
}

function answer({ file, flags, env, hostName }: Request): Reply {
  try {
    return { loaded: readConfig(file, flags, { ...systemConfigFiles, env, hostName }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const data: unknown = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
if (!isMainThread && isRequest(data)) parentPort?.postMessage(answer(data));
