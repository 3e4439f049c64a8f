// Picks the sender for an address: the one place that knows all kinds.
import type { Clock } from '../../util/clock.ts';
import { Connection } from './connection.ts';
import { FileSender } from './file-sender.ts';
import type { FileSystem } from './file-system.ts';
import type { LiveOptions } from '../live-options.ts';
import type { Connect, Lookup } from './peer-socket.ts';
import type { Unencodable } from '../pickle/pickle-encoder.ts';
import { PickleSender } from '../pickle/pickle-sender.ts';
import type { Sender, SenderEvents } from './sender.ts';
import type { TroubleLog } from '../trouble-log.ts';

/** What the senders need of the world. */
export interface SenderDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly connect: Connect;
  readonly lookup: Lookup;
  readonly files: FileSystem;
  /** Hears of a line, without its newline, that cannot be sent to the peer at `addr` in the form it wants. */
  readonly noteUnencodable?: (line: Buffer, error: string, addr: string, routeKey: string) => void;
  readonly routeKey: string;
}

/** Makes the sender of a destination; it does nothing before `start`. */
export function makeSender(
  options: LiveOptions,
  dependencies: SenderDependencies,
  trouble: TroubleLog,
  events: SenderEvents,
): Sender {
  const deps = { ...dependencies, trouble };
  switch (options.now.address.protocol) {
    case 'tcp': {
      const makeConnection = (to: SenderEvents) => new Connection(options, deps, to);
      if (!options.now.pickle) return makeConnection(events);
      const refused = ({ line, error }: Unencodable) => {
        const addr = options.now.addr;
        trouble.trouble(`cannot send a line as pickle: ${error}`);
        dependencies.noteUnencodable?.(line, `pickle: ${error}`, addr, dependencies.routeKey);
      };
      return new PickleSender({ makeConnection, refused }, events);
    }
    case 'file':
      return new FileSender(options, deps, events);
  }
}
