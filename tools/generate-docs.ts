// Writes what is rendered from the declarations: docs/config.md and docs/sluice.example.toml. A test compares them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfigReference, renderSampleConfig } from './render-config-docs.ts';
import { ROOT } from './source-files.ts';

mkdirSync(join(ROOT, 'docs'), { recursive: true });
writeFileSync(join(ROOT, 'docs/config.md'), renderConfigReference());
writeFileSync(join(ROOT, 'docs/sluice.example.toml'), renderSampleConfig());
