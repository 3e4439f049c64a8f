// A child process with one peer for each trouble, so that the work of the peers is not the work of the process under test.
// The first message starts the trouble; before it all five are healthy.
import { TcpSink } from '../e2e/tcp-sink.ts';

/** What it says once all listen: the ports, in the order of PEER_NAMES. */
export interface PeersReply {
  readonly ports: readonly number[];
}

export const PEER_NAMES = ['healthy', 'frozen', 'slow', 'flapping', 'refusing'] as const;

const SLOW_BYTES_PER_10_MS = 2000;
const FLAP_MS = 150;

async function run(): Promise<void> {
  const sinks = PEER_NAMES.map(() => new TcpSink({ keep: false }));
  await Promise.all(sinks.map((sink) => sink.listen()));
  const [, frozen, slow, flapping, refusing] = sinks;
  process.once('message', () => {
    if (frozen !== undefined) frozen.reading = 'frozen';
    if (slow !== undefined) slow.reading = { slow: SLOW_BYTES_PER_10_MS };
    setInterval(() => flapping?.reset(), FLAP_MS);
    void refusing?.close();
  });
  process.send?.({ ports: sinks.map(({ port }) => port) } satisfies PeersReply);
}

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit(0));
  void run();
}
