// The part of node:net and node:dns that a connection uses, so that tests can be the network.
import { lookup as dnsLookup } from 'node:dns';
import { writeSync } from 'node:fs';
import { connect as netConnect, type Socket } from 'node:net';

/** A TCP socket as the connection uses it; `net.Socket` is one. */
export interface PeerSocket {
  on(event: 'connect' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(): unknown;
  destroy(): unknown;
  resume(): unknown;
  setNoDelay(on: boolean): unknown;
  setKeepAlive(on: boolean, initialDelayMs: number): unknown;
  /** Both ends of the connection, once it is there. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Starts a connection to one address and returns at once. */
export type Connect = (ip: string, port: number) => PeerSocket;

/** Finds all addresses of a host; calls back later, exactly once. */
export type Lookup = (
  host: string,
  done: (error: Error | undefined, addresses: readonly string[]) => void,
) => void;

/** Tells how many written bytes a socket has not yet handed to the kernel; undefined when that cannot be known. */
export function unsentBytes(socket: PeerSocket): number | undefined {
  // `bytesWritten` counts what was handed to libuv; its queue is what the kernel has not taken of that. The handle is
  // undocumented, so its absence must be a normal answer.
  const handle = (socket as { _handle?: { writeQueueSize?: unknown } | null })._handle;
  const size = handle?.writeQueueSize;
  return typeof size === 'number' ? size : undefined;
}

/**
 * Hands bytes to the kernel past the socket's stream, which costs several times what the system call does; only while no
 * write of the stream is under way. Returns how many the kernel took: 0 when it takes none now, when the connection is
 * broken (the stream then says so), or when Node does not show the descriptor.
 */
export function writeAtOnce(socket: PeerSocket, bytes: Uint8Array): number {
  const fd = (socket as { _handle?: { fd?: unknown } | null })._handle?.fd;
  if (typeof fd !== 'number' || fd < 0) return 0;
  try {
    return writeSync(fd, bytes, 0, bytes.length);
  } catch {
    return 0;
  }
}

/**
 * Tells whether a socket is connected to itself. TCP allows it: where nobody listens on a port of this machine, the system
 * may choose that very port for our end, and then what we send comes back to us.
 */
export function isSelfConnected({ localAddress, localPort, remoteAddress, remotePort }: PeerSocket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

const DISCARD_BYTES = 16 * 1024;

/** Makes the `Connect` of the real network. What a peer says is read into one shared buffer and forgotten. */
export function makeTcpConnect(): Connect {
  const discard = Buffer.allocUnsafeSlow(DISCARD_BYTES);
  return (host, port): Socket =>
    netConnect({ host, port, onread: { buffer: discard, callback: () => true } });
}

/** Looks a host up with the system's resolver, all addresses in its order. */
export const systemLookup: Lookup = (host, done) => {
  dnsLookup(host, { all: true, order: 'verbatim' }, (error, addresses) => {
    if (error) done(error, []);
    else
      done(
        undefined,
        addresses.map((found) => found.address),
      );
  });
};
