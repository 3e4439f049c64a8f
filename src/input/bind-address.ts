// From a listen address as written to the addresses to bind, and from addresses and errors back to text.
// All interfaces means those of both families, whichever way it is written, as in Go.
import { isIP } from 'node:net';
import { parseListenAddress } from '../util/listen-address.ts';

/** Where to bind. `ips` are tried in turn: all interfaces are `::` with IPv4 on it, or 0.0.0.0 where there is no IPv6. */
export interface BindAddress {
  readonly ips: readonly string[];
  /** 0: the system chooses. */
  readonly port: number;
  /** The host as log lines show it: for all interfaces as written, a name resolved (crng). */
  readonly host: string;
}

/** Finds the addresses of a host name; `dns.promises.lookup` with `all`. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

/**
 * Resolves a listen address as written in the option of that name. Of a name with several addresses the first IPv4 one is taken, as Go does.
 * Rejects with one clear line.
 */
export async function resolveBindAddress(
  text: string,
  lookup: Lookup,
  optionName: string,
): Promise<BindAddress> {
  const parsed = parseListenAddress(text);
  if (!parsed.ok) throw new Error(`${optionName}: ${parsed.error}`);
  const { host, port } = parsed.address;
  if (host === '') return { ips: ['::', '0.0.0.0'], port, host: text.slice(0, text.lastIndexOf(':')) };
  if (isIP(host) !== 0) return { ips: [host], port, host };
  try {
    const found = await lookup(host);
    const ip = (found.find((entry) => entry.family === 4) ?? found[0])?.address;
    if (ip === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    return { ips: [ip], port, host: ip };
  } catch (error) {
    throw new Error(`${optionName} ${text}: ${renderListenError(error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

/** Renders `host:port`, an IPv6 host in brackets, an IPv4 address mapped into IPv6 as IPv4. */
export function renderAddress(host: string, port: number): string {
  if (!host.includes(':') || host.startsWith('[')) return `${host}:${port}`;
  if (host.startsWith('::ffff:') && host.includes('.')) return `${host.slice(7)}:${port}`;
  return `[${host}]:${port}`;
}

/** True when an error means that this machine has no IPv6, so that the next address should be tried. */
export function isFamilyMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL' || error.code === 'EINVAL';
}

/** Renders what the system said to a bind or listen in words for one log line. */
export function renderListenError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'address already in use';
    case 'EACCES':
      return 'permission denied (a port below 1024 needs CAP_NET_BIND_SERVICE)';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such host';
    case 'EMFILE':
    case 'ENFILE':
      return 'no file descriptor left';
    default:
      return error.message;
  }
}
