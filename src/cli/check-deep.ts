// `sluice check --bind --connect`: what only trying tells. Ports are opened for a moment, destinations are connected to
// and left again without a byte; files and folders are looked at and not changed.
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import type { DestinationOptions } from '../destination/options.ts';
import { parseListenAddress } from '../util/listen-address.ts';

/** What was tried; a fault stops the relay, or lines of it. */
export interface Trial {
  readonly what: string;
  /** Undefined: it works. */
  readonly fault: string | undefined;
}

/** Most destinations tried at once. */
const CONNECTS_AT_ONCE = 32;

/** Tries to listen wherever the config says. */
export async function tryBind(config: Config): Promise<Trial[]> {
  const { inputs, adminAddr, httpAddr } = config;
  const trials: Trial[] = [];
  for (const [option, text, withUdp] of [
    ['listen_addr', inputs.listenAddr, true],
    ['pickle_addr', inputs.pickleAddr, true],
    ['admin_addr', adminAddr, false],
    ['http_addr', httpAddr, false],
  ] as const) {
    const parsed = parseListenAddress(text);
    if (text === '' || !parsed.ok) continue;
    const { host, port } = parsed.address;
    trials.push({ what: `${option} ${text}/tcp`, fault: await bindFault(host, port) });
    if (withUdp) trials.push({ what: `${option} ${text}/udp`, fault: await bindUdpFault(host, port) });
  }
  return trials;
}

/** Tries to connect to every destination, each address once; a file: its folder must be there to write to. */
export async function tryConnect(config: Config): Promise<Trial[]> {
  const byAddress = new Map<string, DestinationOptions>();
  for (const { destinations } of config.table.routes) {
    for (const options of destinations) byAddress.set(addressOf(options), options);
  }
  const waiting = [...byAddress];
  const trials: Trial[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [address, options] = next;
      trials.push({ what: `destination ${address}`, fault: await destinationFault(options) });
    }
  };
  await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, worker));
  return trials;
}

/** Looks at the folders that the relay writes to. */
export function tryFolders(config: Config): Trial[] {
  const spools = config.table.routes.some(({ destinations }) =>
    destinations.some(({ spool }) => spool !== false),
  );
  const folder = config.spoolDir === '' ? '.' : config.spoolDir;
  const trials: Trial[] = [];
  if (spools) trials.push({ what: `spool_dir ${folder}`, fault: folderFault(folder) });
  if (config.pidFile !== '') {
    trials.push({ what: `pid_file ${config.pidFile}`, fault: folderFault(dirname(config.pidFile)) });
  }
  return trials;
}

function addressOf({ address }: DestinationOptions): string {
  return address.protocol === 'file' ? `file:${address.path}` : `${address.host}:${address.port}`;
}

function bindFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => server.close(() => resolve(undefined)));
  });
}

function bindUdpFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(error.message);
    });
    socket.bind({ port, exclusive: true, ...(host === '' ? {} : { address: host }) }, () =>
      socket.close(() => resolve(undefined)),
    );
  });
}

function destinationFault(options: DestinationOptions): Promise<string | undefined> {
  const { address, connectTimeoutMs } = options;
  if (address.protocol === 'file') return Promise.resolve(folderFault(dirname(address.path)));
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port, timeout: connectTimeoutMs });
    const end = (fault: string | undefined): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`no answer within ${connectTimeoutMs} ms`));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.message || (error.code ?? 'no connection')),
    );
  });
}

/** Says why a folder, or the nearest one above it that is there, cannot be written to. */
function folderFault(path: string): string | undefined {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `${folder} cannot be written to`;
  }
}
