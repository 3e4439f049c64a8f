// A disk in memory that behaves as badly as disks do: what was not synced is lost at a power cut, sector by sector and in
// any order, folder entries too; it fills up, fails, rots and, when told to hold operations, is as slow as a test wants.
import type { SpoolFile, SpoolFileMode, SpoolFiles } from '../../../src/destination/spool/spool-files.ts';

const SECTOR_BYTES = 512;

export type FileOperation =
  | 'open'
  | 'size'
  | 'read'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'close'
  | 'makeFolder'
  | 'list'
  | 'unlink'
  | 'syncFolder'
  | 'space';

/** A file's bytes, as programs see them and as they would be after a power cut. */
class Inode {
  live = Buffer.alloc(0);
  liveSize = 0;
  durable = Buffer.alloc(0);
  /** Stretches written since the last sync. */
  dirty: [number, number][] = [];

  write(bytes: Buffer, position: number): void {
    const end = position + bytes.length;
    if (end > this.live.length) {
      const grown = Buffer.alloc(Math.max(end, this.live.length * 2, 1024));
      this.live.copy(grown, 0, 0, this.liveSize);
      this.live = grown;
    }
    bytes.copy(this.live, position);
    this.liveSize = Math.max(this.liveSize, end);
    this.dirty.push([position, end]);
  }

  truncate(size: number): void {
    if (size < this.liveSize) this.live.fill(0, size, this.liveSize);
    else this.write(Buffer.alloc(size - this.liveSize), this.liveSize);
    this.liveSize = size;
    this.dirty.push([size, size]);
  }

  sync(): void {
    this.durable = Buffer.from(this.live.subarray(0, this.liveSize));
    this.dirty = [];
  }

  /** What a power cut leaves. */
  crash(random: () => number): void {
    if (this.dirty.length > 0) {
      const longest = Math.max(this.liveSize, this.durable.length);
      const sizes = [this.liveSize, this.durable.length, Math.floor(random() * (longest + 1))];
      // A length between the two, or one of them: metadata is written at its own time.
      const low = Math.min(this.liveSize, this.durable.length);
      const size = Math.max(low, sizes[Math.floor(random() * sizes.length)]!);
      const after = Buffer.alloc(size);
      this.durable.copy(after);
      for (const [from, to] of this.dirty) {
        for (let at = from - (from % SECTOR_BYTES); at < to && at < size; at += SECTOR_BYTES) {
          if (random() < 0.5) continue;
          this.live.copy(after, at, at, Math.min(at + SECTOR_BYTES, size, this.liveSize));
        }
      }
      this.durable = after;
    }
    this.live = Buffer.from(this.durable);
    this.liveSize = this.durable.length;
    this.dirty = [];
  }
}

interface Held {
  readonly run: () => void;
  /** What may have happened of it when the machine stops halfway. */
  readonly halfway: (() => void) | undefined;
}

interface Request<T> {
  readonly operation: FileOperation;
  readonly path: string;
  readonly generation: number;
  readonly task: () => T;
  readonly halfway?: () => void;
  /** What happens when a fault is the outcome. */
  readonly failed?: () => void;
}

export interface MemoryFilesOptions {
  readonly random: () => number;
}

/** The error a system call would give. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

export class MemoryFiles {
  /** Bytes that all files together may take. */
  capacity = Number.POSITIVE_INFINITY;
  /** Called before each operation; an error that it returns is the outcome. */
  fault: (operation: FileOperation, path: string) => Error | undefined = () => undefined;
  /** True: operations wait for `release`. */
  isHolding = false;
  readonly counts = new Map<FileOperation, number>();
  /** Operations under way at once now, and at most so far. */
  readonly underWay = new Map<FileOperation, number>();
  readonly mostUnderWay = new Map<FileOperation, number>();
  readonly #random: () => number;
  #live = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  readonly #folders = new Set<string>(['/']);
  #held: Held[] = [];
  /** Handles and operations of a machine that has stopped do nothing any more. */
  #generation = 0;

  constructor(options: MemoryFilesOptions) {
    this.#random = options.random;
  }

  /** Operations that wait. */
  get held(): number {
    return this.#held.length;
  }

  get usedBytes(): number {
    let used = 0;
    for (const inode of this.#live.values()) used += inode.liveSize;
    return used;
  }

  /** Paths of all files, sorted. */
  get paths(): string[] {
    return [...this.#live.keys()].sort();
  }

  /** Lets the waiting operation at `index` happen. */
  release(index = 0): void {
    this.#held.splice(index, 1)[0]?.run();
  }

  /** The bytes of a file; undefined when there is none. */
  bytes(path: string): Buffer | undefined {
    const inode = this.#live.get(path);
    return inode?.live.subarray(0, inode.liveSize);
  }

  /** Sets a file's bytes, as if they had always been on the disk. */
  put(path: string, bytes: Buffer): void {
    const inode = new Inode();
    inode.write(bytes, 0);
    inode.sync();
    this.#live.set(path, inode);
    this.#durable.set(path, inode);
  }

  /** Takes a file away for good. */
  remove(path: string): void {
    this.#live.delete(path);
    this.#durable.delete(path);
  }

  /** Changes a file's bytes in place on the disk, past everybody. */
  damage(path: string, change: (bytes: Buffer) => void): void {
    const inode = this.#live.get(path);
    if (inode === undefined) return;
    change(inode.live.subarray(0, inode.liveSize));
    const { length } = inode.durable;
    inode.live.copy(inode.durable, 0, 0, Math.min(length, inode.liveSize));
  }

  /** Cuts a file on the disk, past everybody. */
  cut(path: string, size: number): void {
    const bytes = this.bytes(path);
    if (bytes === undefined) return;
    const inode = this.#live.get(path)!;
    inode.truncate(size);
    inode.sync();
  }

  /** Ends the process: what the kernel has stays. */
  kill(): void {
    this.#generation += 1;
    const held = this.#held;
    this.#held = [];
    for (const { halfway } of held) if (this.#random() < 0.5) halfway?.();
    this.underWay.clear();
  }

  /** Ends the power: what was not synced may be lost, in any order. */
  powerCut(): void {
    this.kill();
    const names = new Set([...this.#live.keys(), ...this.#durable.keys()]);
    const after = new Map<string, Inode>();
    for (const name of names) {
      const live = this.#live.get(name);
      const durable = this.#durable.get(name);
      const inode = live === durable || this.#random() < 0.5 ? durable : live;
      if (inode !== undefined) after.set(name, inode);
    }
    for (const inode of new Set(after.values())) inode.crash(this.#random);
    this.#live = after;
    this.#durable = new Map(after);
  }

  /** What one process sees of the disk; after `kill` it gets no answers any more. */
  process(): SpoolFiles {
    const generation = this.#generation;
    const act = <T>(operation: FileOperation, path: string, task: () => T): Promise<T> =>
      this.#do({ operation, path, generation, task });
    return {
      makeFolder: (path) =>
        act('makeFolder', path, () => {
          this.#folders.add(path);
        }),
      list: (path) => act('list', path, () => this.#list(path)),
      open: (path, mode) => act('open', path, () => this.#handle(path, this.#find(path, mode), generation)),
      unlink: (path) =>
        act('unlink', path, () => {
          if (!this.#live.delete(path)) throw systemError('ENOENT');
        }),
      syncFolder: (path) => act('syncFolder', path, () => this.#syncFolder(path)),
      space: (path) =>
        act('space', path, () => {
          const totalBytes = Math.min(this.capacity, Number.MAX_SAFE_INTEGER);
          return { freeBytes: Math.max(0, totalBytes - this.usedBytes), totalBytes };
        }),
    };
  }

  #list(path: string): readonly string[] {
    if (!this.#folders.has(path)) throw systemError('ENOENT');
    const names = this.paths.filter((name) => name.startsWith(`${path}/`));
    // Folders list their entries in no order.
    return names.map((name) => name.slice(path.length + 1)).sort(() => this.#random() - 0.5);
  }

  #find(path: string, mode: SpoolFileMode): Inode {
    const found = this.#live.get(path);
    if (mode !== 'create') {
      if (found === undefined) throw systemError('ENOENT');
      return found;
    }
    if (found !== undefined) throw systemError('EEXIST');
    const inode = new Inode();
    this.#live.set(path, inode);
    return inode;
  }

  #syncFolder(path: string): void {
    for (const name of this.#durable.keys()) {
      if (name.startsWith(`${path}/`)) this.#durable.delete(name);
    }
    for (const [name, inode] of this.#live) {
      if (name.startsWith(`${path}/`)) this.#durable.set(name, inode);
    }
  }

  #handle(path: string, inode: Inode, generation: number): SpoolFile {
    const act = <T>(operation: FileOperation, task: () => T): Promise<T> =>
      this.#do({ operation, path, generation, task });
    return {
      size: () => act('size', () => inode.liveSize),
      read: (into, position) =>
        act('read', () => {
          const end = Math.min(inode.liveSize, position + into.length);
          return end <= position ? 0 : inode.live.copy(into, 0, position, end);
        }),
      write: (parts, position) => this.#write(path, inode, generation, parts, position),
      datasync: () =>
        this.#do({
          operation: 'datasync',
          path,
          generation,
          task: () => inode.sync(),
          // As Linux does: what could not be written counts as clean from then on.
          failed: () => {
            inode.dirty = [];
          },
        }),
      truncate: (size) => act('truncate', () => inode.truncate(size)),
      close: () => act('close', () => undefined),
    };
  }

  #write(
    path: string,
    inode: Inode,
    generation: number,
    parts: readonly Buffer[],
    position: number,
  ): Promise<number> {
    const bytes = Buffer.concat(parts);
    const halfway = (): void => {
      inode.write(bytes.subarray(0, Math.floor(this.#random() * (bytes.length + 1))), position);
    };
    const task = (): number => {
      if (!Buffer.concat(parts).equals(bytes)) throw new Error('bytes changed while they were written');
      const growth = Math.max(0, position + bytes.length - inode.liveSize);
      const room = Math.max(0, this.capacity - this.usedBytes);
      const taken = Math.max(0, bytes.length - Math.max(0, growth - room));
      if (taken === 0 && bytes.length > 0) throw systemError('ENOSPC');
      inode.write(bytes.subarray(0, taken), position);
      return taken;
    };
    return this.#do({ operation: 'write', path, generation, task, halfway });
  }

  #do<T>({ operation, path, generation, task, halfway, failed }: Request<T>): Promise<T> {
    // A process that has ended gets no answers.
    if (generation !== this.#generation) return new Promise(() => undefined);
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    const count = (this.underWay.get(operation) ?? 0) + 1;
    this.underWay.set(operation, count);
    this.mostUnderWay.set(operation, Math.max(count, this.mostUnderWay.get(operation) ?? 0));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = (): void => {
      if (generation !== this.#generation) return;
      this.underWay.set(operation, (this.underWay.get(operation) ?? 1) - 1);
      const error = this.fault(operation, path);
      if (error !== undefined) {
        failed?.();
        reject(error);
        return;
      }
      try {
        resolve(task());
      } catch (thrown) {
        reject(thrown);
      }
    };
    if (this.isHolding) this.#held.push({ run, halfway });
    else queueMicrotask(run);
    return promise;
  }
}
