// The version of this package, from its package.json.
import { readFileSync } from 'node:fs';

/** Reads the version; src/cli/ is two folders below package.json in a checkout, three when built. */
export function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        unknown
      >;
      if (typeof parsed['version'] === 'string') return parsed['version'];
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown';
}

/** Renders what `version` prints; crng's form, with our name. */
export function renderVersion(): string {
  return `sluice ${readVersion()} (running on Node.js ${process.versions.node})`;
}
