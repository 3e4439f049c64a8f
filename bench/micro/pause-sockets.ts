// What does it cost to hold a hundred connections back for a turn: to pause and resume each, or to block the loop?
// `bin/node bench/micro/pause-sockets.ts [CONNECTIONS]` (the nap of src/relay/turn.ts)
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

const CONNECTIONS = Number(process.argv[2] ?? 100);
const TURNS = 3000;
const NAP_MS = 0.2;

const held: Socket[] = [];
const server = createServer((socket) => {
  socket.on('data', () => undefined);
  held.push(socket);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const peers = Array.from({ length: CONNECTIONS }, () => connect({ port, host: '127.0.0.1' }));
await Promise.all(peers.map((peer) => once(peer, 'connect')));
while (held.length < CONNECTIONS) await nextTurn();

const cell = new Int32Array(new SharedArrayBuffer(4));
const WAYS = {
  nothing: () => undefined,
  'block the loop': () => void Atomics.wait(cell, 0, 0, NAP_MS),
  'pause and resume': async () => {
    for (const socket of held) socket.pause();
    await nextTurn();
    for (const socket of held) socket.resume();
  },
};
for (let round = 0; round < 3; round++) {
  for (const [name, way] of Object.entries(WAYS)) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < TURNS; turn++) {
      await way();
      await nextTurn();
    }
    const { user, system } = process.cpuUsage(before);
    console.log(
      `${name}: ${((user + system) / TURNS).toFixed(1)} us of CPU a turn, ${CONNECTIONS} connections`,
    );
  }
}
for (const socket of [...peers, ...held]) socket.destroy();
server.close();
