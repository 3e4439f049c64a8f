// Makes vectors.json anew from Debian's graphite-carbon and carbon-c-relay, which must be installed:
// bin/node test/golden/ring/make-vectors.ts
import { askPeers } from './ask-peers.ts';
import { makeKeys, RING_CASES } from './ring-cases.ts';
import { writeVectors } from './vectors.ts';

writeVectors(RING_CASES, askPeers(RING_CASES, makeKeys()));
