// A load and a relay that does not read.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { LoadMode } from '../../../src/cli/bench/load-plan.ts';
import { runLoad } from '../../../src/cli/bench/run-load.ts';
import { BenchSink } from '../../../src/cli/bench/sink-thread.ts';

for (const mode of [
  { kind: 'full', lines: 2_000_000 },
  { kind: 'paced', rate: 2_000_000, linesPerWrite: 100, seconds: 1 },
] as const satisfies readonly LoadMode[]) {
  test(`a relay that takes nothing ends a ${mode.kind} load in time, and all is lost`, async (t) => {
    const sockets: Socket[] = [];
    const frozen = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket.on('error', () => socket.destroy()));
    }).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const sink = await BenchSink.start({ host: '127.0.0.1', ports: [0], transport: 'tcp' });
    t.after(async () => {
      for (const socket of sockets) socket.destroy();
      frozen.close();
      await sink.stop();
    });
    const { port } = frozen.address() as { port: number };
    const result = await runLoad({
      plan: { mode, connections: 2, series: 1000, seed: 1 },
      target: { host: '127.0.0.1', port },
      sink,
      copies: 1,
      byPort: true,
      idleMs: 50,
      // So short that a stall would be seen before the first line if it counted from the start.
      stallMs: 0,
    });
    assert.ok(result.sent > 0, `${result.sent} lines sent`);
    assert.equal(result.lost, result.sent);
    assert.equal(result.accepted, 0);
  });
}
