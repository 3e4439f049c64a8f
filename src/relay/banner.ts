// What a newcomer sees who starts the relay without a config: where it listens, where metrics go, what to do next.
import { parseListenAddress } from '../util/listen-address.ts';

/** A listener: its address as configured, and its port, which the system may have chosen. */
export interface BannerListener {
  readonly addr: string;
  readonly port: number;
}

export interface BannerFacts {
  readonly plain: BannerListener | undefined;
  readonly http: BannerListener | undefined;
  /** Where metrics go, in words. */
  readonly goes: string;
}

/** Renders the banner; a listener that is not there is not mentioned. */
export function renderBanner({ plain, http, goes }: BannerFacts): string {
  const rows: [string, string][] = [];
  const listens = [];
  if (plain !== undefined) listens.push(`${render(plain)} (tcp and udp)`);
  if (http !== undefined) listens.push(`http://${render(http)}`);
  rows.push(['sluice listens on', listens.join(', ') || 'no address'], ['metrics go to', goes]);
  if (plain !== undefined) {
    const line = 'echo "hello.world 1 $(date +%s)"';
    const host = reachableHost(plain.addr);
    rows.push(['send one with', `${line} > /dev/udp/${host}/${plain.port}`]);
    rows.push(['', `or: ${line} | nc -N ${host} ${plain.port}`]);
  }
  if (http !== undefined) rows.push(['see the books at', `curl http://${render(http)}/api/ledger`]);
  return `\n${rows.map(([what, text]) => `  ${what.padEnd(17)}  ${text}\n`).join('')}\n`;
}

function render({ addr, port }: BannerListener): string {
  const host = reachableHost(addr);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host under which this machine reaches the listener. */
function reachableHost(addr: string): string {
  const parsed = parseListenAddress(addr);
  return (parsed.ok && parsed.address.host) || '127.0.0.1';
}
