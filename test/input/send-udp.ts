// A child process for udp-input.test.ts: sends bursts of numbered lines to a UDP port at a steady pace.
// Arguments: port, datagrams a burst, ms between bursts, count of bursts. Prints `sent N`.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const [port = 0, burst = 0, intervalMs = 0, bursts = 0] = process.argv.slice(2).map(Number);
const socket = createSocket('udp4');
socket.connect(port, '127.0.0.1');
await once(socket, 'connect');
let sent = 0;
const startMs = performance.now();
for (let index = 0; index < bursts; index += 1) {
  for (let line = 0; line < burst; line += 1) {
    socket.send(`collectd.host-${line}.cpu-0.cpu-idle ${sent} 1700000000`.padEnd(59, '0') + '\n');
    sent += 1;
  }
  await sleep(Math.max(0, startMs + (index + 1) * intervalMs - performance.now()));
}
process.stdout.write(`sent ${sent} in ${Math.round(performance.now() - startMs)} ms\n`);
socket.close();
