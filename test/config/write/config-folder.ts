// Config files in memory, and their rewriting.
import assert from 'node:assert/strict';
import { join, matchesGlob } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { type ConfigSources, loadConfig } from '../../../src/config/load-config.ts';
import { renderProblem } from '../../../src/config/problem.ts';
import { type Rewrite, rewriteConfig } from '../../../src/config/write/rewrite-config.ts';
import { parseDestination } from '../../../src/destination/parse-destination.ts';
import { renderDestination } from '../../../src/destination/render-destination.ts';
import type { TableOptions } from '../../../src/table/options.ts';

export const DEPENDENCIES = { parseDestination, renderDestination };

export class ConfigFolder {
  readonly files: Map<string, string>;

  /** `c.toml` is the config. */
  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files));
  }

  get sources() {
    return {
      file: { file: 'c.toml', text: this.files.get('c.toml') ?? '' },
      flags: new Map<string, readonly string[]>(),
      env: {},
      hostName: 'web1.example.com',
      includes: {
        list: (pattern: string, folder: string) =>
          [...this.files.keys()].filter((path) => matchesGlob(path, join(folder, pattern))).sort(),
        readText: (file: string) => this.files.get(file) ?? '',
      },
    } satisfies ConfigSources;
  }

  /** Reads the config, which must be good. */
  load(): Config {
    const { config, problems } = loadConfig(this.sources, DEPENDENCIES);
    assert.ok(config, problems.map(renderProblem).join('\n'));
    return config;
  }

  /** Rewrites for a table; what is written in place is there then. */
  rewrite(table: TableOptions, digest = this.load().digest): Rewrite {
    const rewrite = rewriteConfig(this.sources, table, digest, DEPENDENCIES);
    if (rewrite.kind === 'inPlace') for (const [file, text] of rewrite.texts) this.files.set(file, text);
    return rewrite;
  }
}
