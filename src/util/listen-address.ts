// Where to listen, in Go's `host:port` form, error texts as Go's net.SplitHostPort gives them.
// As in Go, an unspecified address ("", "0.0.0.0", "::") means every address of both families: `host` is then ''.
import { isIP } from 'node:net';

/** An address to listen on. `host` '' means all addresses, IPv4 and IPv6; `port` 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The outcome of parsing: an address, or one clear sentence. */
export type ListenAddressResult =
  | { readonly ok: true; readonly address: ListenAddress }
  | { readonly ok: false; readonly error: string };

/** Parses `host:port`, `:port`, `host:` (any free port) or `[ipv6]:port`. */
export function parseListenAddress(text: string): ListenAddressResult {
  const fail = (why: string): ListenAddressResult => ({ ok: false, error: `address ${text}: ${why}` });
  let host: string;
  let rest: string;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return fail("missing ']' in address");
    host = text.slice(1, close);
    rest = text.slice(close + 1);
    if (!rest.startsWith(':'))
      return fail(rest === '' ? 'missing port in address' : 'unexpected text after ]');
    if (isIP(host) !== 6) return fail('no IPv6 address between [ and ]');
  } else {
    const colon = text.lastIndexOf(':');
    if (colon < 0) return fail('missing port in address');
    host = text.slice(0, colon);
    rest = text.slice(colon);
    if (host.includes(':')) return fail('too many colons in address');
  }
  if (/[\s/[\]]/.test(host)) return fail('not a host name');
  const digits = rest.slice(1);
  if (!/^\d{0,5}$/.test(digits)) return fail(`unknown port "${digits}"`);
  const port = Number(digits);
  if (port > 65_535) return fail('invalid port');
  return { ok: true, address: { host: isUnspecified(host) ? '' : host, port } };
}

/** Renders an address as Go prints one: `[::]:2003` for all addresses, brackets around IPv6. */
export function renderListenAddress(address: ListenAddress): string {
  if (address.host === '') return `[::]:${address.port}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function isUnspecified(host: string): boolean {
  return host === '' || host === '0.0.0.0' || /^[0:]+$/.test(host);
}
