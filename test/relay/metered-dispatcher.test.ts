// The door of a listener: every line that arrives is told to one meter, once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher, LineSink } from '../../src/input/dispatcher.ts';
import { type CountingDispatcher, MeteredDispatcher } from '../../src/relay/metered-dispatcher.ts';
import { ReadClock } from '../../src/relay/read-clock.ts';
import { systemClock } from '../../src/util/clock.ts';

/** Counts newlines; a stream's last line counts at its end. `onWrite` runs inside a write. */
class FakeLines implements CountingDispatcher {
  readonly chunkBytesMax = 1000;
  onWrite: () => void = () => undefined;
  #arrived = 0;

  takeArrived(): number {
    const arrived = this.#arrived;
    this.#arrived = 0;
    return arrived;
  }

  open(..._args: Parameters<Dispatcher['open']>): LineSink {
    return {
      write: (chunk) => {
        this.#arrived += Buffer.from(chunk).toString().split('\n').length - 1;
        this.onWrite();
        return false;
      },
      end: () => void (this.#arrived += 1),
    };
  }

  datagram(): void {
    this.#arrived += 2;
  }

  reject(_reason: string, count: number): void {
    this.#arrived += count;
  }
}

function makeRig() {
  const lines = new FakeLines();
  const noted: string[] = [];
  const time = { ...systemClock, nowMs: 0, monotonicMs: () => time.nowMs };
  const clock = new ReadClock(time);
  const times: number[] = [];
  const door = new MeteredDispatcher(
    lines,
    {
      stream: (count, bytes) => {
        noted.push(`stream ${count} ${bytes}`);
        times.push(clock.monotonicMs());
      },
      datagram: (count, bytes) => {
        noted.push(`datagram ${count} ${bytes}`);
        times.push(clock.monotonicMs());
      },
    },
    clock,
  );
  const open = () =>
    door.open(
      'a:1',
      () => undefined,
      () => undefined,
      () => undefined,
    );
  return { lines, noted, door, open, time, clock, times };
}

test('each read, datagram, refusal and last line is told once, and what the dispatcher answers comes through', () => {
  const { noted, door, open } = makeRig();
  const sink = open();
  assert.equal(sink.write(Buffer.from('a 1 1\nb 1 1\nc')), false);
  door.datagram(Buffer.from('d 1 1'), 'b:1');
  door.reject('invalid', 3, undefined, 'bad', 'a:1');
  sink.end('fin');
  assert.deepEqual(noted, ['stream 2 13', 'datagram 2 5', 'stream 3 0', 'stream 1 0']);
});

test('a read inside another read counts no line twice', () => {
  const { lines, noted, open } = makeRig();
  const inner = open();
  const outer = open();
  lines.onWrite = () => {
    lines.onWrite = () => undefined;
    inner.write(Buffer.from('x 1 1\n'));
  };
  outer.write(Buffer.from('a 1 1\nb 1 1\n'));
  assert.equal(
    noted.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0),
    3,
  );
});

test('a read is noted at the time when it began, and time goes on behind it', () => {
  const { lines, open, door, time, clock, times } = makeRig();
  lines.onWrite = () => void (time.nowMs += 5);
  const sink = open();
  time.nowMs = 10;
  sink.write(Buffer.from('a 1 1\n'));
  assert.deepEqual([times, clock.monotonicMs()], [[10], 15]);
  time.nowMs = 20;
  door.datagram(Buffer.from('d 1 1'), 'b:1');
  door.reject('invalid', 1, undefined, 'bad', 'a:1');
  assert.deepEqual(times, [10, 20, 20]);
});

test('the times of reads within reads never go back', () => {
  const { lines, open, time, times } = makeRig();
  const inner = open();
  const outer = open();
  lines.onWrite = () => {
    lines.onWrite = () => void (time.nowMs += 1);
    time.nowMs += 1;
    inner.write(Buffer.from('x 1 1\n'));
  };
  outer.write(Buffer.from('a 1 1\n'));
  assert.deepEqual(times, [1, 2]);
});
