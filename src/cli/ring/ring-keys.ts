// The keys that `sluice ring` looks at: from a file, from standard input, or made.
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommandWorld } from '../command-world.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { describeSystemError } from '../read-config.ts';

/** Keys made when none are given. */
export const SAMPLE_DEFAULT = 100_000;
export const SAMPLE_MAX = 100_000_000;

const BLOCK_BYTES = 1024 * 1024;
/** A longer word is no key: the relay takes no line of that length. */
const KEY_BYTES_MAX = 65_536;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** What the user asked for. */
export interface KeyFlags {
  readonly keys?: string;
  readonly sample?: string;
}

/** Keys to look at; `made`: they are not real, and only tell of the ring. */
export interface KeySource {
  readonly made: boolean;
  /** Calls back with each key; the bytes are valid during the call only. */
  each(take: (key: Uint8Array) => void): Promise<void>;
}

/** Opens what the flags name. */
export function openKeys({ keys, sample }: KeyFlags, world: CommandWorld): KeySource {
  if (keys !== undefined && sample !== undefined) {
    throw new CommandError('--keys and --sample exclude each other', EXIT.usage);
  }
  if (keys === '-') return { made: false, each: async (take) => splitKeys(await world.readStdin(), take) };
  if (keys !== undefined) return { made: false, each: (take) => readKeys(keys, take) };
  const count = sample === undefined ? SAMPLE_DEFAULT : Number(sample);
  if (!Number.isInteger(count) || count < 1 || count > SAMPLE_MAX) {
    throw new CommandError(`--sample takes a number from 1 to ${SAMPLE_MAX}, not "${sample}"`, EXIT.usage);
  }
  return { made: true, each: (take) => makeKeys(count, take) };
}

async function makeKeys(count: number, take: (key: Uint8Array) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    take(Buffer.from(`sample.host${i % 9973}.cpu.${(i * 7919) % 64}.${i.toString(36)}`));
    // Ctrl-C shall be heard.
    if (i % 65_536 === 65_535) await nextTurn();
  }
}

/** Reads a file in pieces: lists of keys are long. */
async function readKeys(path: string, take: (key: Uint8Array) => void): Promise<void> {
  const file = await open(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  try {
    let rest: Uint8Array = new Uint8Array(0);
    const block = Buffer.alloc(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(block, 0, BLOCK_BYTES);
      if (bytesRead === 0) break;
      const text = Buffer.concat([rest, block.subarray(0, bytesRead)]);
      const end = text.lastIndexOf(NEWLINE) + 1;
      splitKeys(text.subarray(0, end), take);
      rest = text.subarray(end, end + KEY_BYTES_MAX);
    }
    splitKeys(rest, take);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw cannotRead(path, error);
  } finally {
    await file.close();
  }
}

function cannotRead(path: string, error: unknown): CommandError {
  return new CommandError(`cannot read keys from "${path}": ${describeSystemError(error)}`);
}

/** The first word of each line, so that whole lines `key value timestamp` will do too. */
function splitKeys(bytes: Uint8Array, take: (key: Uint8Array) => void): void {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = start;
    while (end < next && (bytes[end] as number) > SPACE) end += 1;
    if (end > start) take(bytes.subarray(start, end));
    start = next;
  }
}
