// Debian's haproxy as a plain TCP proxy: it passes bytes on and knows nothing of lines.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion, type Relay } from './relay.ts';

/** The floor of what a relay can cost. */
export const haproxy: Relay = {
  name: 'haproxy',
  program: 'haproxy',
  about:
    "Debian's package as a TCP proxy, one thread: it copies bytes and knows no lines, which is the limit",
  packages: [{ name: 'haproxy', services: ['haproxy'] }],
  keepsBytes: true,
  version: () => packageVersion('haproxy'),
  leftOut: ({ table, input }) => {
    if (input === 'pickle') return 'it copies bytes and turns no pickle into lines';
    return table.kind === 'fanout' && table.destinations === 1
      ? undefined
      : 'it copies bytes to one destination';
  },
  command(_table, ports, folder) {
    const lines = [
      'global',
      '  nbthread 1',
      '  maxconn 4000',
      'defaults',
      '  mode tcp',
      '  timeout connect 5s',
      '  timeout client 600s',
      '  timeout server 600s',
      'listen relay',
      `  bind 127.0.0.1:${ports.listen}`,
      `  server sink 127.0.0.1:${ports.sinks[0] ?? 0}`,
    ];
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return ['/usr/sbin/haproxy', '-db', '-f', file];
  },
};
