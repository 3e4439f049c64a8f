// The command `sluice`: hands the machine to the command line and ends with its exit code.
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { isatty } from 'node:tty';
import { systemClock } from '../util/clock.ts';
import type { CommandWorld, Terminal } from './command-world.ts';
import { systemConfigFiles } from './config-files.ts';
import { runCommandLine } from './command-line.ts';
import { EXIT } from './exit-code.ts';
import { nodeVersionError } from './node-version.ts';

/** Writes all of a text, waiting where a pipe is full; a reader that went away (`| head`) ends the process quietly. */
function writeAll(descriptor: number, text: string | Uint8Array): void {
  let rest: Uint8Array = typeof text === 'string' ? Buffer.from(text) : text;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code !== 'EAGAIN') process.exit();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}

const FULL_PIPE_WAIT_MS = 5;

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const DEFAULT_ROWS = 24;

function makeTerminal(): Terminal {
  const { stdin, stdout } = process;
  return {
    rows: () => stdout.rows || DEFAULT_ROWS,
    onKeys(pressed) {
      const read = (bytes: Buffer): void => pressed(bytes.toString());
      stdin.setRawMode(true);
      stdin.on('data', read);
      return () => {
        stdin.off('data', read);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
  };
}

const world: CommandWorld = {
  env: process.env,
  hostName: hostname(),
  ...systemConfigFiles,
  readStdin,
  clock: systemClock,
  stderrIsTerminal: isatty(2),
  onInterrupt(interrupted) {
    process.on('SIGINT', interrupted);
    return () => void process.off('SIGINT', interrupted);
  },
  terminal: isatty(0) && isatty(1) ? makeTerminal() : undefined,
  print: (text) => writeAll(1, text),
  printBytes: (bytes) => writeAll(1, bytes),
  complain: (text) => writeAll(2, text),
};

const tooOld = nodeVersionError(process.versions.node);
if (tooOld !== undefined) {
  world.complain(`sluice: ${tooOld}\n`);
  process.exit(EXIT.failed);
}
// What a user can cause never gets here as an error: this is for our own bugs, with their stack.
// exit(), since a relay that was told to end at once may leave sockets open; all output is written by now.
process.exit(await runCommandLine(process.argv.slice(2), world));
