// The config of a relay that was started without one: loopback only, and one route that keeps every metric.
import type { ConfigText } from './toml-tree.ts';

/** What problems call the embedded config. */
export const EMBEDDED_FILE = 'embedded config';

/** Where metrics go when $GRAPHITE_ADDR is not set. */
const FILE_DESTINATION = 'file:./data/metrics.log rotate_bytes=104857600 rotate_interval=86400000';

/** A host and port, and nothing that could break out of a string. */
const GRAPHITE_ADDR = /^[A-Za-z0-9._:[\]-]+$/;

/** Renders the embedded config; `graphiteAddr` is the destination instead of a file when it is set and fit to be one. */
export function embeddedConfig(graphiteAddr: string | undefined): ConfigText {
  const isAddress = graphiteAddr !== undefined && GRAPHITE_ADDR.test(graphiteAddr);
  const text = `instance = "\${HOST}"
listen_addr = "127.0.0.1:2003"
http_addr = "127.0.0.1:8081"
spool_dir = "./data/spool"

[[route]]
key = "default"
type = "sendAllMatch"
destinations = ["${isAddress ? withPort(graphiteAddr) : FILE_DESTINATION}"]
`;
  return { file: EMBEDDED_FILE, text };
}

/** Says what is wrong with $GRAPHITE_ADDR; undefined when nothing is. */
export function graphiteAddrError(graphiteAddr: string | undefined): string | undefined {
  if (graphiteAddr === undefined || graphiteAddr === '' || GRAPHITE_ADDR.test(graphiteAddr)) return undefined;
  return `"${graphiteAddr}" is not host:port`;
}

/** carbon's plaintext port goes without saying. */
function withPort(address: string): string {
  return address.replace(/^\[.*\]/, '').includes(':') ? address : `${address}:2003`;
}
