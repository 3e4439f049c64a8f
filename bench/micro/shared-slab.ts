// From which size on is a run of lines that three queues get alike cheaper to share than to copy? Two figures a size: the
// lines go in and out of three queues, a megabyte at a time. SHARED_BYTES_MIN of src/destination/queue/shared-slabs.ts.
// `bin/node bench/micro/shared-slab.ts`
import { LineQueue } from '../../src/destination/queue/line-queue.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SHARED_BYTES_MIN, SharedSlabs } from '../../src/destination/queue/shared-slabs.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { sideBySide } from '../side-by-side.ts';

const TURN_BYTES = 1 << 20;
const TURNS = 50;
const LINE_BYTES = 64;
const LINE = 'servers.host00000001.cpu.user.percent.value 12.5 1700000000\n'.padStart(LINE_BYTES, 'x');

const pool = new SlabPool();
const budget = new QueueBudget();
const options = { writeBytesMax: 256 * 1024, redoBytes: 0, redoAgeMs: 0 };
const queues = [1, 2, 3].map(() => new LineQueue(options, { pool, budget }));
const shared = new SharedSlabs({ pool });

/** Empties the queues; returns how many lines were in them. */
function write(): number {
  let lines = 0;
  for (const queue of queues) while (queue.take() !== undefined) lines += queue.complete(1).lines;
  return lines;
}

console.log(`the relay shares from ${SHARED_BYTES_MIN} bytes on`);
for (const size of [8192, 16_384, 32_768, 65_536, 131_072]) {
  const bytes = Buffer.from(LINE.repeat(size / LINE_BYTES));
  const lines = size / LINE_BYTES;
  const run = (put: () => void) => (): number => {
    let written = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      for (let at = 0; at < TURN_BYTES; at += size) put();
      written += write();
    }
    return written;
  };
  sideBySide(`runs of ${size} bytes, a line`, (TURNS * TURN_BYTES) / LINE_BYTES, {
    copied: run(() => {
      for (const queue of queues) queue.append(bytes, lines, 1);
    }),
    shared: run(() => {
      const slab = shared.put(bytes, 1);
      for (const queue of queues) queue.append(bytes, lines, 1, slab);
    }),
  });
}
