// Ports for servers that a test closes and opens again, or that another process opens. One that the system chooses may be
// somebody else's by then: another test's listener, or the near end of any connection. These lie below the range from which
// systems choose, and each process that asks has a block of them to itself: a listener on its first port holds it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const FIRST = 20_000;
const BLOCK_PORTS = 50;
const BLOCKS = 240;

/** The port after the last one given, and the end of the block. */
let next = 0;
let end = 0;
let asked: Promise<number> | undefined;

/** Returns a port of 127.0.0.1 that is free, and stays so but for the caller. */
export function takePort(): Promise<number> {
  // One after the other, so that no two callers get the same.
  const taken = (asked ?? Promise.resolve(0)).then(choosePort);
  asked = taken.catch(() => 0);
  return taken;
}

async function choosePort(): Promise<number> {
  for (;;) {
    if (next === end) await takeBlock();
    const port = next;
    next += 1;
    const server = await listen(port);
    if (server === undefined) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function takeBlock(): Promise<void> {
  const start = Math.floor(Math.random() * BLOCKS);
  for (let nth = 0; nth < BLOCKS; nth += 1) {
    const first = FIRST + ((start + nth) % BLOCKS) * BLOCK_PORTS;
    const holder = await listen(first);
    if (holder === undefined) continue;
    holder.unref();
    next = first + 1;
    end = first + BLOCK_PORTS;
    return;
  }
  throw new Error(`no block of ports is free from ${FIRST} on`);
}

/** Listens on a port; undefined when it is in use. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
