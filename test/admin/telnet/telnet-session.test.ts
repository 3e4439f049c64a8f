import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { RateLimit } from '../../../src/admin/http/rate-limit.ts';
import { BANNER } from '../../../src/admin/telnet/telnet-commands.ts';
import { TelnetSession } from '../../../src/admin/telnet/telnet-session.ts';
import { FakeClock } from '../../destination/fake-clock.ts';
import { fakeTable } from '../fake-table.ts';

const ANSWER_BYTES_MAX = 10_000;

/** A socket whose peer takes nothing until `take`. */
class StalledSocket extends EventEmitter {
  writableLength = 0;
  writtenBytes = 0;
  isPaused = false;

  write(text: string): boolean {
    this.writableLength += text.length;
    this.writtenBytes += text.length;
    return false;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {}

  destroy(): void {}

  /** The peer takes all that waits. */
  take(): void {
    this.writableLength = 0;
    this.emit('drain');
  }
}

function makeSession(perSecond: number) {
  const socket = new StalledSocket();
  const clock = new FakeClock();
  const table = fakeTable();
  const session = new TelnetSession(
    socket as unknown as Socket,
    { lineBytesMax: 1000, answerBytesMax: ANSWER_BYTES_MAX },
    {
      table,
      policy: { token: '', allowRemote: false },
      clock,
      rate: new RateLimit({ perSecond, burst: perSecond }, clock),
      caller: { name: 'test', isLoopback: true, isTrusted: false },
      turnedAway: () => undefined,
    },
  );
  return { socket, clock, table, session };
}

test('a client that does not read its answers is not read either', () => {
  const { socket } = makeSession(1_000_000);
  socket.emit('data', Buffer.from('help\n'.repeat(50)));
  assert.ok(socket.isPaused);
  const helpBytes = 10_000;
  assert.ok(socket.writableLength < ANSWER_BYTES_MAX + helpBytes, `${socket.writableLength}`);
  let rounds = 0;
  while (socket.isPaused) {
    const before = socket.writtenBytes;
    socket.take();
    rounds += 1;
    assert.ok(socket.writtenBytes - before < ANSWER_BYTES_MAX + helpBytes);
    assert.ok(rounds < 50);
  }
  assert.ok(rounds > 5, 'it was read piece by piece');
});

test('commands beyond the rate wait for their time, and none is lost', () => {
  const { socket, clock, table } = makeSession(10);
  socket.emit('data', Buffer.from(Array.from({ length: 40 }, (_, n) => `addBlock sub ${n}\n`).join('')));
  assert.ok(socket.isPaused);
  // Those of the burst, and the one that went over it.
  assert.equal(table.table.blocklist.length, 11);
  clock.advance(1000);
  assert.equal(table.table.blocklist.length, 21);
  clock.advance(10_000);
  assert.equal(table.table.blocklist.length, 40);
  assert.ok(!socket.isPaused);
  assert.equal(socket.writtenBytes, 41 * BANNER.length + 40 * 'ok\n'.length);
});
