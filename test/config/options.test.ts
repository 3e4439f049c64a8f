import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { envName, flagName, isOverridable, SECTIONS } from '../../src/config/sections.ts';
import { checkNode, checkText, defaultValue } from '../../src/config/setting.ts';
import type { TomlArray } from '../../src/config/toml-tree.ts';
import { LINE_BYTES_MAX } from '../../src/engine/wasm-engine.ts';
import { INPUT_OPTIONS } from '../../src/input/options.ts';
import { renderConfigReference, renderSampleConfig } from '../../tools/render-config-docs.ts';
import { loadText } from './load-text.ts';

test('every declared default passes its own declaration', () => {
  for (const { options } of SECTIONS) {
    for (const option of options) {
      if (option.default === undefined) continue;
      const value = defaultValue(option);
      assert.notEqual(value, undefined, option.name);
      if (typeof value === 'number' && option.type !== 'duration') {
        assert.ok(checkText(option, String(value)).ok, option.name);
      }
      const node: TomlArray = {
        kind: 'array',
        place: { file: '', line: 1, column: 1 },
        ofTables: false,
        items: [],
      } as const;
      const isList = option.type === 'strings' || option.type === 'tables';
      assert.equal(checkNode(option, node).ok, isList, option.name);
    }
  }
});

test('the longest line that a config may ask for is the longest that the engine takes', () => {
  assert.equal(INPUT_OPTIONS.find(({ name }) => name === 'max_line_bytes')?.max, LINE_BYTES_MAX);
});

test('no two options share an environment variable or a flag', () => {
  const all = SECTIONS.filter(isOverridable).flatMap((section) =>
    section.options.map((option) => ({ section, option })),
  );
  assert.equal(new Set(all.map(({ section, option }) => envName(section, option))).size, all.length);
  assert.equal(new Set(all.map(({ section, option }) => flagName(section, option))).size, all.length);
});

test('the names of environment variables and flags are those of the design', () => {
  const names = SECTIONS.flatMap((section) =>
    section.options.map((option) => [envName(section, option), flagName(section, option)].join()),
  );
  for (const wanted of [
    'SLUICE_LISTEN_ADDR,--listen-addr',
    'SLUICE_INSTRUMENTATION_GRAPHITE_ADDR,--instrumentation-graphite-addr',
    'SLUICE_AMQP_HOST,--amqp-host',
    'SLUICE_INIT_CMDS,--init-cmds',
  ]) {
    assert.ok(names.includes(wanted), wanted);
  }
});

test('docs/config.md and the sample config are what the declarations say (bin/node tools/generate-docs.ts)', () => {
  const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  assert.equal(read('config.md'), renderConfigReference());
  assert.equal(read('sluice.example.toml'), renderSampleConfig());
});

test('the sample config is good, and so is it with every line that is commented out', () => {
  const sample = renderSampleConfig();
  assert.deepEqual(loadText(sample).problems, []);
  const uncommented = sample.replaceAll(/^# (?=[a-z_]+ = |\[\[)/gm, '');
  const { config, problems } = loadText(uncommented);
  assert.deepEqual(problems, []);
  assert.equal(config?.table.rewriters.length, 1);
  assert.equal(config.table.blocklist.length, 2);
});
