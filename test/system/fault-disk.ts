// Disks that can be made to fail, for real: small file systems of their own in memory or in an image behind a loop device.
// They need root and a kernel that lets us mount; where that is not so, tests that need them are skipped and say it.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Why nothing can be mounted here, with a loop device if one is needed; undefined: it can. */
export function mountTrouble(needs: 'tmpfs' | 'loop'): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-probe-'));
  try {
    const probe = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { encoding: 'utf8' });
    if (probe.status !== 0) return `cannot mount here: ${probe.stderr || probe.error?.message}`.trim();
    try {
      if (needs === 'tmpfs') return undefined;
      const image = join(folder, 'image');
      run('truncate', '-s', '1M', image);
      const loop = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' });
      if (loop.status !== 0) return `no loop device here: ${loop.stderr || loop.error?.message}`.trim();
      run('losetup', '--detach', loop.stdout.trim());
      return undefined;
    } finally {
      run('umount', folder);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file system in memory whose size can be changed while it is in use. */
export class MemoryDisk {
  readonly path: string;

  constructor(t: TestContext, sizeMib: number) {
    this.path = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
    run('mount', '-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', this.path);
    t.after(() => {
      run('umount', '--lazy', this.path);
      rmSync(this.path, { recursive: true, force: true });
    });
  }

  resize(sizeMib: number): void {
    run('mount', '-o', `remount,size=${sizeMib}m`, this.path);
  }

  /** Takes all rights to write, or gives them back; nobody may have a file open for writing. */
  remount(how: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${how}`, this.path);
  }
}

/** A file system on a loop device. */
export class LoopDisk {
  readonly path: string;
  readonly #folder: string;
  readonly #image: string;
  readonly #device: string;
  #isFrozen = false;

  constructor(t: TestContext, { sizeMib, kind }: { sizeMib: number; kind: 'ext2' | 'ext4' }) {
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
    this.path = join(this.#folder, 'mounted');
    this.#image = join(this.#folder, 'image');
    mkdirSync(this.path);
    run('truncate', '-s', `${sizeMib}M`, this.#image);
    // Blocks of this size make it one group: what the file system needs for itself lies in front.
    run(`mkfs.${kind}`, '-q', '-F', '-b', '4096', this.#image);
    this.#device = run('losetup', '--find', '--show', this.#image);
    t.after(() => {
      this.thaw();
      spawnSync('umount', ['--lazy', this.path]);
      spawnSync('losetup', ['--detach', this.#device]);
      rmSync(this.#folder, { recursive: true, force: true });
    });
    this.mount();
  }

  mount(): void {
    run('mount', this.#device, this.path);
  }

  /** Takes it away; what is open there stays open. */
  unmount(): void {
    run('umount', '--lazy', this.path);
  }

  /** What an error in its journal does to ext4: from now on it is read-only, whoever has files open. */
  abort(): void {
    run('mount', '-o', 'remount,abort', this.path);
  }

  /** Every write and sync hangs until `thaw`. */
  freeze(): void {
    run('fsfreeze', '--freeze', this.path);
    this.#isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    run('fsfreeze', '--unfreeze', this.path);
    this.#isFrozen = false;
  }

  /** Cuts the device off behind so many MiB: what lies beyond fails with EIO, read or written. */
  cut(sizeMib: number): void {
    copyFileSync(this.#image, `${this.#image}.whole`);
    truncateSync(this.#image, sizeMib * 2 ** 20);
    run('losetup', '--set-capacity', this.#device);
  }

  /** Makes the device as it was before the cut; nobody may use it. */
  mend(): void {
    copyFileSync(`${this.#image}.whole`, this.#image);
    run('losetup', '--set-capacity', this.#device);
  }
}
