// A child process for tcp-bound.test.ts: a TcpInput under whatever descriptor limit the shell set. Its log lines go to
// stdout; for each line on stdin it prints `report` and, per sender id, how many lines it got and how it ended.
import { createInterface } from 'node:readline';
import { countOpenDescriptors, readDescriptorLimit } from '../../src/input/descriptor-limit.ts';
import { TcpInput } from '../../src/input/tcp-input.ts';
import { systemClock } from '../../src/util/clock.ts';
import { bytesOf, RecordingDispatcher } from './recording-dispatcher.ts';

const say = (level: string) => (message: string) => void process.stdout.write(`${level}: ${message}\n`);
const log = {
  error: say('error'),
  warn: say('warn'),
  info: say('info'),
  debug: say('debug'),
  trace: say('trace'),
};
const dispatcher = new RecordingDispatcher();
const input = new TcpInput(
  {
    optionName: 'listen_addr',
    address: { ips: ['127.0.0.1'], port: 0, host: '127.0.0.1' },
    backlog: 4096,
    idleTimeoutMs: 0,
    connectionsMax: 0,
    descriptorReserve: 64,
  },
  {
    dispatcher,
    clock: systemClock,
    log,
    descriptorLimit: readDescriptorLimit(),
    descriptorsOpen: countOpenDescriptors() ?? 0,
  },
);
await input.start();
process.stdout.write(`port ${input.port}\n`);
createInterface({ input: process.stdin })
  .on('line', () => {
    const lines: Record<string, number> = {};
    for (const stream of dispatcher.streams) {
      for (const line of bytesOf(stream).toString().split('\n').slice(0, -1))
        lines[line] = (lines[line] ?? 0) + 1;
    }
    process.stdout.write(`report ${JSON.stringify({ lines, stats: input.stats })}\n`);
  })
  .on('close', () => input.stop());
