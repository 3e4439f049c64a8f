// Opens a listener of the admin side, with errors in crng's words.
import { lookup } from 'node:dns/promises';
import { type AddressInfo, isIP, type Server } from 'node:net';
import { parseListenAddress, renderListenAddress } from '../util/listen-address.ts';

/**
 * Listens on an address in Go's form; resolves to the address to show, or rejects with one clear sentence, crng's with the
 * key of the config behind it.
 */
export async function listen(server: Server, addr: string, key: 'http_addr' | 'admin_addr'): Promise<string> {
  const parsed = parseListenAddress(addr);
  if (!parsed.ok) throw new Error(`Error listening: listen tcp: ${parsed.error} (${key})`);
  const { host, port } = parsed.address;
  await bind(server, host, port).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Error listening: listen tcp ${addr}: ${explain(error)} (${key})`, { cause: error });
  });
  const bound = server.address() as AddressInfo | null;
  return port === 0 ? renderListenAddress({ host, port: bound?.port ?? 0 }) : addr;
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  // Of a name with several addresses an IPv4 one is taken, as Go does.
  const ip = host === '' || isIP(host) ? host : (await lookup(host, { order: 'ipv4first' })).address;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(ip === '' ? { port } : { host: ip, port }, resolve);
  await promise;
  server.off('error', reject);
}

/** Says what is wrong in Go's words where crng's users know them. */
function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'bind: address already in use';
    case 'EADDRNOTAVAIL':
      return 'bind: cannot assign requested address';
    case 'EACCES':
      return 'bind: permission denied';
    case 'ENOTFOUND':
      return 'lookup: no such host';
    default:
      return error.message;
  }
}
