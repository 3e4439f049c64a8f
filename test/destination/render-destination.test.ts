import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESTINATION_OPTIONS, type DestinationOptions } from '../../src/destination/options.ts';
import { parseDestination } from '../../src/destination/parse-destination.ts';
import {
  destinationField,
  differingOptions,
  renderDestination,
} from '../../src/destination/render-destination.ts';

function parsed(text: string): DestinationOptions {
  const result = parseDestination(text);
  assert.ok(result.ok, result.ok ? '' : result.error);
  return result.options;
}

test('each option fills a field, and each field is filled by an option', () => {
  const options = parsed('10.0.0.1:2003');
  const without = DESTINATION_OPTIONS.filter(({ name }) => destinationField(name, options) === undefined);
  assert.deepEqual(
    without.filter(({ status }) => status !== 'refused'),
    [],
  );
  const all = DESTINATION_OPTIONS.map(({ name }) => destinationField(name, options));
  const left = Object.keys(options).filter(
    (field) => !all.some((known) => known === field) && field !== 'addr' && field !== 'address',
  );
  assert.deepEqual(left, []);
});

test('what was rendered is read as the same options', () => {
  for (const text of [
    '10.0.0.1:2003',
    '[::1]:2003:a',
    'h:2003:b spool=false',
    'h:2003:b spool=false when_full=block',
    'h:2003 spool=true when_full=drop_oldest regex=^a\\.(b|c)$ notPrefix=x',
    'h:2003 flush=5 reconn=6 connbuf=7 iobuf=8 queue_bytes=9 redo_bytes=0 redo_age=1',
    'file:/var/log/m.log gzip=true fsync=true rotate_bytes=0 rotate_interval=60000',
    'h:1 order=strict replay_rate=5 spool_full=newest spool_max_age=5 spoolmaxbytes=99 write_timeout=0',
  ]) {
    const options = parsed(text);
    assert.deepEqual(parsed(renderDestination(options)), options, text);
  }
});

test('only what differs from the defaults is written', () => {
  assert.equal(
    renderDestination(parsed('h:1 flush=1000 spool=true iobuf=4096')),
    'h:1 spool=true iobuf=4096',
  );
});

test('tells in which options two destinations differ, by the names users write', () => {
  assert.deepEqual(differingOptions(parsed('h:1 max_conn_age=5'), parsed('h:1 flush=5')), [
    { name: 'flush', before: 1000, after: 5 },
    { name: 'max_conn_age', before: 5, after: 0 },
  ]);
});
