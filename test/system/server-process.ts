// A server of Debian's as a child process in the foreground; ended by its pid when the test ends, at the latest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takePort } from '../own-port.ts';

const START_DEADLINE_MS = 90_000;
const STOP_DEADLINE_MS = 30_000;

/** A started server. */
export interface ServerProcess {
  /** Both streams, in order of arrival. */
  readonly output: () => string;
  readonly hasEnded: () => boolean;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a server. */
export function startServer(
  t: TestContext,
  command: string,
  args: readonly string[],
  cwd: string,
): ServerProcess {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (data: Buffer): void => {
    output += data.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => {
    output += `${error.message}\n`;
  });
  const closed = once(child, 'close');
  const hasEnded = (): boolean =>
    child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const stop = async (): Promise<void> => {
    if (hasEnded()) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await closed;
    clearTimeout(timer);
  };
  t.after(stop);
  return { output: () => output, hasEnded, stop };
}

/** Waits until something accepts connections on a port. */
export async function untilListening(port: number, server: ServerProcess): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (server.hasEnded() || performance.now() > deadline) {
        throw new Error(`nothing listens on port ${port}:\n${server.output()}`, { cause: error });
      }
    } finally {
      socket.destroy();
    }
    await sleep(50);
  }
}

/** Takes ports for programs that cannot choose one themselves. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await takePort());
  return ports;
}
