// What does a destination cost? CPU seconds of this process per 1 M lines from `push` to a loopback sink in another
// process: chunks of 64 and 300 KiB, and single lines with many or few of them in a turn of the loop. Prints one JSON
// object for each shape.
//
//   bin/node bench/micro/destination-push.ts [rounds]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Destination } from '../../src/destination/destination.ts';
import { systemFiles } from '../../src/destination/sender/file-system.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import { makeTcpConnect, systemLookup } from '../../src/destination/sender/peer-socket.ts';
import { QueueBudget } from '../../src/destination/queue/queue-budget.ts';
import { SlabPool } from '../../src/destination/queue/slab-pool.ts';
import { totalDropped } from '../../src/telemetry/drop-reason.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLog } from '../../src/util/log.ts';

const SINK = `
  const server = require('node:net').createServer();
  server.on('connection', (s) => { s.on('error', () => {}); s.resume(); });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

interface Shape {
  readonly name: string;
  readonly linesPerPush: number;
  readonly pushesPerTurn: number;
  readonly lines: number;
}

const SHAPES: readonly Shape[] = [
  { name: '64 KiB chunks, 4 a turn', linesPerPush: 1040, pushesPerTurn: 4, lines: 10_000_000 },
  { name: '300 KiB chunks, 1 a turn', linesPerPush: 4870, pushesPerTurn: 1, lines: 10_000_000 },
  { name: 'single lines, 1000 a turn', linesPerPush: 1, pushesPerTurn: 1000, lines: 4_000_000 },
  { name: 'single lines, 10 a turn', linesPerPush: 1, pushesPerTurn: 10, lines: 1_000_000 },
  { name: 'single lines, 1 a turn', linesPerPush: 1, pushesPerTurn: 1, lines: 200_000 },
];

const LINE = 'servers.web-0001.cpu.total.user.percent 12.345678 1600000000\n'.padStart(63, 'x');

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function measure(shape: Shape, port: number): Promise<void> {
  const parsed = parseDestination(`127.0.0.1:${port}`);
  if (!parsed.ok) throw new Error(parsed.error);
  const destination = new Destination(parsed.options, {
    routeKey: 'bench',
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    connect: makeTcpConnect(),
    lookup: systemLookup,
    files: systemFiles,
    afterTurn: (run) => setImmediate(run),
    pool: new SlabPool(),
    budget: new QueueBudget(),
  });
  destination.start();
  while (!destination.online) await nextTurn();
  const chunk = Buffer.from(LINE.repeat(shape.linesPerPush));
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let left = shape.lines;
  while (left > 0) {
    for (let i = 0; i < shape.pushesPerTurn && left > 0; i += 1) {
      left -= shape.linesPerPush;
      if (destination.push(chunk, shape.linesPerPush, true)) continue;
      await new Promise<void>((resolve) => destination.whenWritable(resolve));
    }
    await nextTurn();
  }
  await destination.drain(performance.now() + 60_000);
  const wallSec = (performance.now() - startMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const millions = destination.counts.in / 1e6;
  console.log(
    JSON.stringify({
      bench: 'destination-push',
      shape: shape.name,
      cpuSecPerMillion: Number(((cpu.user + cpu.system) / 1e6 / millions).toFixed(4)),
      userSecPerMillion: Number((cpu.user / 1e6 / millions).toFixed(4)),
      linesPerSec: Math.round(destination.counts.in / wallSec),
      linesPerWrite: Math.round(destination.counts.in / destination.stats.writes),
      lost: totalDropped(destination.counts.dropped),
    }),
  );
}

const rounds = Number(process.argv[2] ?? 1);
const sink = spawn(process.execPath, ['-e', SINK], { stdio: ['ignore', 'pipe', 'inherit'] });
const [portText] = (await once(createInterface(sink.stdout), 'line')) as [string];
for (let round = 0; round < rounds; round += 1) {
  for (const shape of SHAPES) await measure(shape, Number(portText));
}
sink.kill();
