// Debian's carbon-c-relay in the foreground.
import type { TestContext } from 'node:test';
import { openSender, writeLines } from '../e2e/send-lines.ts';
import type { TcpSink } from '../e2e/tcp-sink.ts';
import { type ServerProcess, startServer, untilListening } from './server-process.ts';

/** What the keys of probes begin with; a config must send them to the sink that waits for them. */
export const PROBE = 'probe.of.the.path';
const PROBE_DEADLINE_MS = 4000;
const ATTEMPTS_MAX = 5;

/** Starts carbon-c-relay again until a probe comes through: version 3.7.3 at times forwards nothing, or crashes. */
export async function startCRelay(
  t: TestContext,
  conf: string,
  port: number,
  folder: string,
  sink: TcpSink,
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const server: ServerProcess = startServer(t, 'carbon-c-relay', ['-f', conf, '-q', '500000'], folder);
    try {
      await untilListening(port, server);
      const probe = `${PROBE}.${attempt} 1 1700000000`;
      await send(t, port, [probe]);
      await sink.until('the probe', () => sink.kept.includes(probe), PROBE_DEADLINE_MS);
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** Sends lines over a connection of their own. */
export async function send(t: TestContext, port: number, lines: readonly string[]): Promise<void> {
  const socket = await openSender(t, port);
  await writeLines(socket, lines);
  socket.end();
}
