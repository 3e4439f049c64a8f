// The files that a config is made from.
import { globSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { CommandWorld } from './command-world.ts';

/** The machine's own files. */
export const systemConfigFiles: Pick<CommandWorld, 'readFile' | 'listFiles'> = {
  readFile: (path) => readFileSync(path),
  listFiles(pattern, folder) {
    const found = globSync(pattern, { cwd: folder, withFileTypes: true });
    const files = found.filter((entry) => !entry.isDirectory());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name));
    return isAbsolute(pattern) ? paths : paths.map((path) => join(folder, relative(resolve(folder), path)));
  },
};
