// What the spool itself costs when it writes: records, checksums, segments and their order. The disk takes everything at
// once and keeps nothing, so that no file system is in the figure.
import { DiskSpool } from '../../src/destination/spool/disk-spool.ts';
import type { SpoolFile, SpoolFiles } from '../../src/destination/spool/spool-files.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Probe } from './probes.ts';

const BLOCK_BYTES = 64 * 1024;
const BLOCKS = 400;
const LINE = 'servers.host00001234.cpu.user.percent.value 12.5 1700000000\n';
const LINES = Math.floor(BLOCK_BYTES / LINE.length);
const ROOM_BYTES = 2 ** 40;

/** A disk that forgets. */
class NullDisk implements SpoolFiles {
  writtenBytes = 0;
  readonly #sizes = new Map<string, number>();

  async makeFolder(): Promise<void> {}
  async list(): Promise<readonly string[]> {
    return [];
  }
  async open(path: string): Promise<SpoolFile> {
    const sizes = this.#sizes;
    return {
      size: async () => sizes.get(path) ?? 0,
      read: async () => 0,
      write: async (parts, position) => {
        const bytes = parts.reduce((sum, part) => sum + part.length, 0);
        sizes.set(path, position + bytes);
        this.writtenBytes += bytes;
        return bytes;
      },
      datasync: async () => {},
      truncate: async (size) => void sizes.set(path, size),
      close: async () => {},
    };
  }
  async unlink(path: string): Promise<void> {
    this.#sizes.delete(path);
  }
  async syncFolder(): Promise<void> {}
  async space() {
    return { freeBytes: ROOM_BYTES, totalBytes: ROOM_BYTES };
  }
}

/** Makes the probe; the spool stays open. */
export async function makeSpoolProbe(): Promise<Probe> {
  const disk = new NullDisk();
  let writable = (): void => undefined;
  const spool = new DiskSpool(
    {
      folder: '/spool/of/the/guard',
      segmentBytes: 64 * 2 ** 20,
      syncEveryLines: 1_000_000,
      syncPeriodMs: 60_000,
      maxBytes: ROOM_BYTES,
      maxAgeMs: undefined,
      goes: 'newest',
      reserveBytes: 0,
    },
    {
      files: disk,
      clock: systemClock,
      random: () => 0.5,
      events: {
        lost: (lines, reason) => {
          throw new Error(`the spool lost ${lines} lines: ${reason}`);
        },
        writable: () => writable(),
        readable: () => undefined,
      },
    },
  );
  await spool.open();
  const bytes = Buffer.from(LINE.repeat(LINES));
  return {
    name: 'spool, write',
    units: BLOCKS * LINES,
    run: async () => {
      let written = 0;
      let done = (): void => undefined;
      const all = new Promise<void>((resolve) => (done = resolve));
      const check = (ok: boolean): void => {
        if (!ok) throw new Error('a block was not written');
        if (++written === BLOCKS) done();
      };
      for (let i = 0; i < BLOCKS; i++) {
        while (spool.offer({ bytes, lines: LINES, firstMs: 1 }, check) !== undefined) {
          await new Promise<void>((resolve) => (writable = resolve));
        }
      }
      await all;
    },
  };
}
