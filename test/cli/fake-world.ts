// A command world in memory: files by path, everything printed kept.
import { Buffer } from 'node:buffer';
import { join, matchesGlob } from 'node:path';
import type { CommandWorld } from '../../src/cli/command-world.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { systemClock } from '../../src/util/clock.ts';

/** What a command did. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line over the files given; `stdin` is what standard input holds. */
export async function runCommand(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  stdin = '',
  more: Partial<CommandWorld> = {},
): Promise<CommandResult> {
  let out = '';
  let err = '';
  const world: CommandWorld = {
    env: {},
    hostName: 'web1.example.com',
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`open ${path}`), { code: 'ENOENT' });
      return Buffer.from(text);
    },
    listFiles: (pattern, folder) =>
      Object.keys(files).filter((path) => matchesGlob(path, join(folder, pattern))),
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    clock: systemClock,
    stderrIsTerminal: false,
    onInterrupt: () => () => undefined,
    print: (text) => void (out += text),
    printBytes: (bytes) => void (out += Buffer.from(bytes).toString()),
    complain: (text) => void (err += text),
    ...more,
  };
  const code = await runCommandLine(args, world);
  return { code, out, err };
}
