// Makes folders. Node's own recursive mkdir never ends where the system refuses children with ENOENT, as /proc does.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder and those above it that are missing, with `mode` less the umask; rejects with the system's error. */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let path = folder; !(await isThere(path)); path = dirname(path)) missing.push(path);
  for (const path of missing.toReversed()) {
    try {
      await mkdir(path, { mode });
    } catch (error) {
      // Another destination made it meanwhile.
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return false;
  }
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
