// Picks the sender for an address: the one place that knows all kinds.
import type { Clock } from '../util/clock.ts';
import { Connection } from './connection.ts';
import { FileSender } from './file-sender.ts';
import type { FileSystem } from './file-system.ts';
import type { LiveOptions } from './live-options.ts';
import type { Connect, Lookup } from './peer-socket.ts';
import type { Sender, SenderEvents } from './sender.ts';
import type { TroubleLog } from './trouble-log.ts';

/** What the senders need of the world. */
export interface SenderDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly connect: Connect;
  readonly lookup: Lookup;
  readonly files: FileSystem;
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
    case 'tcp':
      return new Connection(options, deps, events);
    case 'file':
      return new FileSender(options, deps, events);
  }
}
