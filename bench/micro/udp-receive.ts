// What does it cost to receive a datagram, and does the traffic of the tuning notes (700 datagrams each 10 ms, for ten
// seconds) lose any? CPU of the receiving process alone; the sender is a child.
// Usage: bin/node bench/micro/udp-receive.ts [bursts] [burst] [interval ms]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Dispatcher } from '../../src/input/dispatcher.ts';
import { UdpInput } from '../../src/input/udp-input.ts';
import { systemClock } from '../../src/util/clock.ts';

const [bursts = 1000, burst = 700, intervalMs = 10] = process.argv.slice(2).map(Number);
const area = new Uint8Array(65_536);
const dispatcher: Dispatcher = {
  chunkBytesMax: 65_536,
  open: () => {
    throw new Error('UDP opens no stream');
  },
  // As the engine does: the bytes are copied before it returns.
  datagram: (bytes) => area.set(bytes, 0),
  reject: () => {},
};
const say = (message: string): void => void process.stdout.write(`${message}\n`);
const input = new UdpInput(
  {
    optionName: 'listen_addr',
    address: { ips: ['127.0.0.1'], port: 0, host: '127.0.0.1' },
    receiveBufferBytes: 8 * 1024 * 1024,
  },
  { dispatcher, clock: systemClock, log: { error: say, warn: say, info: say, debug: say, trace: say } },
);
await input.start();
const sender = new URL('../../test/input/send-udp.ts', import.meta.url).pathname;
const child = spawn(
  process.execPath,
  [sender, String(input.port), String(burst), String(intervalMs), String(bursts)],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
const before = process.cpuUsage();
await once(child, 'exit');
await new Promise((resolve) => setTimeout(resolve, 100));
const { user, system } = process.cpuUsage(before);
const { datagrams, kernelDrops, receiveBufferBytes } = input.stats;
say(
  `${datagrams} datagrams, ${kernelDrops} lost of ${burst * bursts}, ${receiveBufferBytes} bytes granted, ` +
    `${((user + system) / datagrams).toFixed(2)} us CPU each`,
);
input.stop();
