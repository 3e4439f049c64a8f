// All relays under test, by name.
import { carbonCRelay, carbonCRelayDeep } from './relays/carbon-c-relay.ts';
import { carbonRelay } from './relays/carbon-relay.ts';
import { carbonRelayNg, carbonRelayNgSpool } from './relays/carbon-relay-ng.ts';
import { haproxy } from './relays/haproxy.ts';
import { nanotube } from './relays/nanotube.ts';
import type { Relay } from './relays/relay.ts';
import { sluice, sluiceBlock, sluiceDisk, sluiceUnmeasured } from './relays/sluice.ts';

/** Takes the relay out: the generator straight into the sink, to know their own limit. */
const none: Relay = {
  name: 'none',
  program: 'none',
  about: 'no relay: the generator straight into the sink, which is the limit of the harness',
  keepsBytes: true,
  version: () => '',
  leftOut: ({ table, input }) =>
    input === 'plain' && table.kind === 'fanout' && table.destinations === 1
      ? undefined
      : 'the generator fills one sink with lines',
  command: () => [],
};

/** In the order of the tables: ours first, then its peers, then the limit. */
export const RELAYS: readonly Relay[] = [
  sluiceBlock,
  sluice,
  sluiceDisk,
  sluiceUnmeasured,
  carbonCRelay,
  carbonCRelayDeep,
  carbonRelay,
  carbonRelayNg,
  carbonRelayNgSpool,
  nanotube,
  haproxy,
  none,
];
