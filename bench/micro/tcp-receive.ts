// What does it cost to receive a packet, and a gigabyte, by size of the read buffer (0: Node's own way)?
// CPU of the receiving process alone; the sender is a child. Usage: bin/node bench/micro/tcp-receive.ts [rounds]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Dispatcher } from '../../src/input/dispatcher.ts';
import { TcpInput } from '../../src/input/tcp-input.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLog } from '../../src/util/log.ts';

const BUFFERS_KIB = [0, 32, 64, 128, 256];
const CASES = [
  { name: 'tiny packets', connections: 400, bytesEach: 60, packets: 300_000 },
  { name: 'bulk', connections: 4, bytesEach: 256 * 1024, packets: 4096 },
];

async function receive(bufferKib: number, shape: (typeof CASES)[number]): Promise<string> {
  // As the engine does: the chunk is copied before `write` returns.
  const area = new Uint8Array(1024 * 1024);
  let received = 0;
  let done = (): void => {};
  const wanted = shape.bytesEach * shape.packets;
  const dispatcher: Dispatcher = {
    chunkBytesMax: 256 * 1024,
    open: () => ({
      write(chunk) {
        area.set(chunk, 0);
        received += chunk.length;
        if (received === wanted) done();
        return true;
      },
      end() {},
    }),
    datagram() {},
    reject() {},
  };
  const input = new TcpInput(
    {
      optionName: 'listen_addr',
      address: { ips: ['127.0.0.1'], port: 0, host: '127.0.0.1' },
      backlog: 4096,
      idleTimeoutMs: 120_000,
      connectionsMax: 0,
      descriptorReserve: 64,
      readBufferBytes: bufferKib * 1024,
    },
    { dispatcher, clock: systemClock, log: silentLog, descriptorLimit: 10_000, descriptorsOpen: 50 },
  );
  await input.start();
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const child = spawn(
    process.execPath,
    [import.meta.filename, 'send', String(input.port), JSON.stringify(shape)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  const before = process.cpuUsage();
  await finished;
  const cpu = process.cpuUsage(before);
  const seconds = (cpu.user + cpu.system) / 1e6;
  const { reads, bytes } = input.stats;
  input.stop();
  child.kill();
  await once(child, 'exit');
  return `${shape.name.padEnd(13)} buffer ${String(bufferKib).padStart(3)} KiB: ${((seconds / reads) * 1e6).toFixed(2)} us/read, ${((seconds / bytes) * 1e9).toFixed(3)} s/GB, ${reads} reads of ${Math.round(bytes / reads)} B`;
}

async function send(port: number, shape: (typeof CASES)[number]): Promise<void> {
  const sockets = await Promise.all(
    Array.from({ length: shape.connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return socket;
    }),
  );
  process.stdout.write('ready\n');
  const packet = new Uint8Array(shape.bytesEach).fill(97);
  for (let sent = 0; sent < shape.packets; sent += 1) {
    const socket = sockets[sent % sockets.length];
    if (socket === undefined) throw new Error('no socket');
    if (!socket.write(packet) && shape.bytesEach > 1000) await once(socket, 'drain');
    else if (sent % sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

if (process.argv[2] === 'send') {
  await send(Number(process.argv[3]), JSON.parse(process.argv[4] ?? ''));
} else {
  const rounds = Number(process.argv[2] ?? 3);
  for (const shape of CASES) {
    for (let round = 0; round < rounds; round += 1) {
      for (const kib of BUFFERS_KIB) process.stdout.write(`${await receive(kib, shape)}\n`);
    }
  }
}
