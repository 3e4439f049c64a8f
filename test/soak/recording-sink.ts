// A child process that takes lines on one port and writes them to files before it goes on, one file a connection: what it
// has read is known also when it is killed. `node recording-sink.ts FOLDER PORT`; port 0: any.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** What it says once it listens. */
export interface SinkReply {
  readonly kind: 'listening';
  readonly port: number;
}

const [folder = '.', port = '0'] = process.argv.slice(2);
let connections = 0;

const server = createServer((socket) => {
  const file = openSync(join(folder, `${Date.now()}-${String(connections++).padStart(6, '0')}`), 'w');
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ port: Number(port), host: '127.0.0.1' }, () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') {
    process.send?.({ kind: 'listening', port: address.port } satisfies SinkReply);
  }
});
process.on('disconnect', () => process.exit(0));
