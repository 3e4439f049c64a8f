// Datagrams that the system dropped because a socket's receive buffer was full: the last column of /proc/net/udp.
// No program sees these any other way, so a relay that must not lose silently shows them beside its own books.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';

/** Reads the drops of the socket of this process that is bound to `ip` and `port`; undefined where it cannot be known. */
export function readUdpDrops(ip: string, port: number): number | undefined {
  let table: string;
  try {
    table = readFileSync(ip.includes(':') ? '/proc/net/udp6' : '/proc/net/udp', 'utf8');
  } catch {
    return undefined;
  }
  const rows = parseUdpTable(table, renderProcAddress(ip, port));
  if (rows.length < 2) return rows[0]?.drops;
  // Several processes may share a port.
  const own = listOwnSockets();
  return rows.filter((row) => own.has(row.inode)).reduce((sum, row) => sum + row.drops, 0);
}

/** Picks the sockets bound to `localAddress` (as the system writes it) out of /proc/net/udp or udp6. */
export function parseUdpTable(table: string, localAddress: string): { inode: string; drops: number }[] {
  const rows = [];
  for (const line of table.split('\n')) {
    // sl local rem st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops
    const fields = line.trim().split(/\s+/);
    if (fields[1] !== localAddress) continue;
    rows.push({ inode: fields[9] ?? '', drops: Number(fields[12] ?? 0) });
  }
  return rows;
}

/** Renders an address as /proc/net/udp does: each 32-bit word of it in the byte order of the machine, in hex. */
export function renderProcAddress(ip: string, port: number): string {
  const bytes = ip.includes(':') ? parseIPv6(ip) : ip.split('.').map(Number);
  let hex = '';
  for (let word = 0; word < bytes.length; word += 4) {
    const four = bytes.slice(word, word + 4);
    if (endianness() === 'LE') four.reverse();
    for (const byte of four) hex += byte.toString(16).padStart(2, '0');
  }
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

function parseIPv6(ip: string): number[] {
  // The URL parser writes every form in one: no dotted quad, no leading zeros, at most one "::".
  const canonical = new URL(`http://[${ip.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function listOwnSockets(): Set<string> {
  const inodes = new Set<string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed since it was listed.
    }
  }
  return inodes;
}
