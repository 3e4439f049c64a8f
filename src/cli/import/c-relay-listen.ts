// Where a carbon-c-relay listens: this relay has one address for TCP and UDP together.
import { type Statement, WordReader } from './c-relay-statements.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import type { ImportedConfig } from './imported-config.ts';
import { setAddress } from './usable.ts';

const DEFAULT_ADDR = ':2003';

interface Listener {
  readonly addr: string;
  readonly proto: string;
  readonly place: ImportPlace;
}

/** Reads all `listen` statements; without one it is port 2003, as there. */
export function readListen(
  statements: readonly Statement[],
  config: ImportedConfig,
  report: ImportReport,
  start: ImportPlace,
): void {
  const listens = statements.filter(([keyword]) => keyword?.text === 'listen');
  if (listens.length === 0) {
    report.note(start, `no listen: ${DEFAULT_ADDR} for TCP and UDP as in carbon-c-relay, and no unix socket`);
    config.top('listen_addr', DEFAULT_ADDR);
    return;
  }
  const listeners = listens.flatMap((statement) => readListeners(statement, report));
  const first = listeners.find(({ proto }) => proto === 'tcp') ?? listeners[0];
  if (first === undefined) return;
  setAddress('listen_addr', first.addr, first.place, config, report);
  if (!listeners.some(({ addr, proto }) => addr === first.addr && proto === 'udp')) {
    report.note(first.place, `${first.addr} is listened on by UDP too`);
  }
  const more = listeners.filter(({ addr }) => addr !== first.addr);
  for (const { addr, place } of more)
    report.missed(place, `listen on ${addr} too: there is one plain listener`);
}

function readListeners(statement: Statement, report: ImportReport): Listener[] {
  const words = new WordReader(statement);
  words.take('listen');
  if (words.take('type')) words.next();
  if (words.take('transport')) {
    const { place } = words;
    const transport = words.next();
    const isSecret = words.take('ssl');
    if (isSecret) words.next();
    if (transport !== 'plain' || isSecret) {
      report.missed(place, `a listener with transport ${transport}${isSecret ? ' ssl' : ''}`);
      return [];
    }
  }
  const listeners: Listener[] = [];
  while (!words.isDone) {
    const { place } = words;
    const address = words.next();
    const proto = words.take('proto') ? words.next() : 'tcp';
    if (proto === 'unix') report.missed(place, `listen on the unix socket ${address}`);
    else listeners.push({ addr: /^\d+$/.test(address) ? `:${address}` : withPort(address), proto, place });
  }
  return listeners;
}

function withPort(address: string): string {
  return /^(\[[^\]]+\]|[^:]+):\d+$/.test(address) ? address : `${address}:2003`;
}
