// A TcpInput on a free loopback port, and senders to it, all gone when the test is over.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { TcpInput, type TcpInputOptions } from '../../src/input/tcp-input.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Log } from '../../src/util/log.ts';
import { RecordingDispatcher } from './recording-dispatcher.ts';
import { RecordingLog } from './recording-log.ts';

/** What `startTcp` starts. */
export interface StartedTcp {
  readonly input: TcpInput;
  readonly dispatcher: RecordingDispatcher;
  readonly log: RecordingLog;
  /** Opens a sender's connection. */
  readonly connect: () => Promise<Socket>;
}

/** Starts an input; `options` replace the defaults. */
export async function startTcp(
  t: TestContext,
  options: Partial<TcpInputOptions> = {},
  descriptorLimit = 100_000,
): Promise<StartedTcp> {
  const dispatcher = new RecordingDispatcher();
  const log = new RecordingLog();
  const ip = options.address?.ips[0] ?? '127.0.0.1';
  const input = makeTcp(
    { address: { ips: [ip], port: 0, host: ip }, ...options },
    dispatcher,
    log,
    descriptorLimit,
  );
  await input.start();
  t.after(() => input.stop());
  const host = ip === '::' ? '127.0.0.1' : ip;
  return { input, dispatcher, log, connect: () => connectTo(t, input.port, host) };
}

/** Makes an input that is not started. */
export function makeTcp(
  options: Partial<TcpInputOptions> & Pick<TcpInputOptions, 'address'>,
  dispatcher = new RecordingDispatcher(),
  log: Log = new RecordingLog(),
  descriptorLimit = 100_000,
): TcpInput {
  return new TcpInput(
    {
      optionName: 'listen_addr',
      backlog: 4096,
      idleTimeoutMs: 0,
      connectionsMax: 0,
      descriptorReserve: 64,
      ...options,
    },
    { dispatcher, clock: systemClock, log, descriptorLimit, descriptorsOpen: 30 },
  );
}

/** Connects; errors after that are the test's to look at and end nothing. */
export async function connectTo(t: TestContext, port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}
