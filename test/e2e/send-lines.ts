// Sends lines to a relay as a well-behaved client does.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

const BATCH_LINES = 500;

/** Opens a connection that ends with the test. With `allowHalfOpen` it stays open for writing after the relay's FIN. */
export async function openSender(
  t: TestContext,
  port: number,
  { allowHalfOpen = false } = {},
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Makes `count` different lines: `<prefix>.<n mod series> <n> 1700000000`. */
export function makeLines(prefix: string, count: number, series = 100): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}.s${index % series} ${index} 1700000000`);
}

/** Writes lines, waiting where the relay pauses us; resolves when the kernel has all. */
export async function writeLines(socket: Socket, lines: readonly string[]): Promise<void> {
  for (let index = 0; index < lines.length; index += BATCH_LINES) {
    const text = `${lines.slice(index, index + BATCH_LINES).join('\n')}\n`;
    if (!socket.write(text)) await once(socket, 'drain');
  }
}

/** Sends lines on a connection of their own and closes it in order. */
export async function sendLines(t: TestContext, port: number, lines: readonly string[]): Promise<void> {
  const socket = await openSender(t, port);
  await writeLines(socket, lines);
  socket.end();
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}
