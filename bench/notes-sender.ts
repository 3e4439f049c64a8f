// A child process that sends the traffic of the tuning notes to one port and says when it sent each line.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { exactNotes } from './notes-schedule.ts';
import { mostWithin } from './window-peaks.ts';

/** What to send where. */
export interface NotesRequest {
  readonly port: number;
  readonly rounds: number;
  readonly connections: number;
}

/** What was sent. `peaks`: the most lines within a window of so many ms, by the times of the writes. */
export interface NotesSent {
  readonly lines: number;
  readonly seconds: number;
  readonly lateMs: number;
  readonly peaks: Readonly<Record<'1000' | '100' | '10', number>>;
}

const TURN_MS = 0.2;

async function send({ port, rounds, connections }: NotesRequest): Promise<NotesSent> {
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return socket.resume();
    }),
  );
  const packets = [...exactNotes(rounds, connections)];
  const times = new Float64Array(packets.length);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const startMs = performance.now();
  let lateMs = 0;
  for (const [index, { atMicros, connection }] of packets.entries()) {
    for (;;) {
      const waitMs = atMicros / 1000 - (performance.now() - startMs);
      if (waitMs <= 0) break;
      await nextTurn();
      if (waitMs > TURN_MS) Atomics.wait(cell, 0, 0, TURN_MS);
    }
    const nowMs = performance.now() - startMs;
    times[index] = nowMs;
    lateMs = Math.max(lateMs, nowMs - atMicros / 1000);
    sockets[connection]?.write(`servers.web${index % 1000}.cpu.load.shortterm.average ${index} 1700000000\n`);
  }
  const seconds = (performance.now() - startMs) / 1000;
  for (const socket of sockets) socket.end();
  return {
    lines: packets.length,
    seconds,
    lateMs,
    peaks: { '1000': mostWithin(times, 1000), '100': mostWithin(times, 100), '10': mostWithin(times, 10) },
  };
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: NotesRequest) => {
  void send(request).then((sent) => process.send?.(sent));
});
