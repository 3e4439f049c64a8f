import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderProblem } from '../../src/config/problem.ts';
import {
  AMQP_SECTION,
  INIT_SECTION,
  INSTRUMENTATION_SECTION,
  REWRITER_SECTION,
  TOP_SECTION,
} from '../../src/config/sections.ts';
import { DESTINATION_OPTIONS, FILE_OPTIONS } from '../../src/destination/options.ts';
import { loadText } from './load-text.ts';

function readGolden(name: string): string {
  return readFileSync(new URL(`../golden/config/${name}`, import.meta.url), 'utf8');
}

test('the packaged config of carbon-relay-ng is taken, with warnings for what is not built', () => {
  const { config, problems } = loadText(readGolden('packaged.ini'));
  assert.ok(config);
  assert.equal(config.instance, 'web1');
  assert.equal(config.inputs.listenAddr, '0.0.0.0:2003');
  assert.equal(config.pidFile, '/var/run/carbon-relay-ng.pid');
  assert.deepEqual(
    problems.map(({ kind, place, message }) => [kind, place.line, /\w+_\w+|no route/.exec(message)?.[0]]),
    [
      ['warning', 1, 'no route'],
      ['warning', 8, 'admin_addr'],
    ],
  );
});

test('COMPAT 1 and 2: a config with every key and option loads without errors and unknown keys', () => {
  const { config, problems } = loadText(readGolden('every-key.toml'));
  assert.deepEqual(problems.filter(({ kind }) => kind !== 'warning').map(renderProblem), []);
  assert.ok(config);
  assert.deepEqual(
    [config.table.blocklist.length, config.table.rewriters.length, config.table.routes.length],
    [9, 4, 6],
  );
});

test('that config does hold every key and option', () => {
  const text = readGolden('every-key.toml');
  for (const { options } of [
    TOP_SECTION,
    AMQP_SECTION,
    INIT_SECTION,
    INSTRUMENTATION_SECTION,
    REWRITER_SECTION,
  ]) {
    for (const { name } of options) assert.match(text, new RegExp(`^${name} = `, 'm'), name);
  }
  for (const { name } of DESTINATION_OPTIONS) {
    if (!FILE_OPTIONS.has(name)) assert.match(text, new RegExp(` ${name}=`), name);
  }
});
