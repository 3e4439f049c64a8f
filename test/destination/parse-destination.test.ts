// Destination strings: the forms, defaults, errors and warnings that a config relies on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { destinationKey } from '../../src/destination/destination-key.ts';
import { DESTINATION_OPTIONS, type DestinationOptions } from '../../src/destination/options.ts';
import { parseAddress, parseDestination } from '../../src/destination/parse-destination.ts';

function parsed(text: string): DestinationOptions {
  const result = parseDestination(text);
  assert.ok(result.ok, result.ok ? '' : result.error);
  return result.options;
}

function errorOf(text: string): string {
  const result = parseDestination(text);
  assert.ok(!result.ok, `'${text}' should be refused`);
  return result.error;
}

function warningsOf(text: string): string[] {
  const result = parseDestination(text);
  assert.ok(result.ok);
  return result.warnings.map((warning) => warning.option);
}

test('an address alone gives the defaults of the table', () => {
  const options = parsed('127.0.0.1:2003');
  assert.deepEqual(options.address, { protocol: 'tcp', host: '127.0.0.1', port: 2003, instance: '' });
  assert.equal(options.flush, 1000);
  assert.equal(options.reconn, 10_000);
  assert.equal(options.iobuf, 2_000_000);
  assert.equal(options.connbuf, undefined);
  assert.equal(options.spool, undefined);
  assert.equal(options.spoolmaxbytesperfile, 209_715_200);
  assert.equal(options.whenFull, 'spill');
  assert.equal(options.queueBytes, 33_554_432);
  assert.equal(options.redoBytes, 8_388_608);
  assert.equal(options.redoAgeMs, 10_000);
  assert.equal(options.gzip, false);
});

test('addresses parse in every form that crng and we know', () => {
  const tcp = (host: string, port: number, instance = '') => ({ protocol: 'tcp', host, port, instance });
  assert.deepEqual(parseAddress('h:2003'), tcp('h', 2003));
  assert.deepEqual(parseAddress('10.0.0.1:2003:a'), tcp('10.0.0.1', 2003, 'a'));
  assert.deepEqual(parseAddress('[::1]:2003'), tcp('::1', 2003));
  assert.deepEqual(parseAddress('[fe80::1%eth0]:2003:b'), tcp('fe80::1%eth0', 2003, 'b'));
  assert.deepEqual(parseAddress(':2003'), tcp('localhost', 2003));
  assert.deepEqual(parseAddress('h:2003:'), tcp('h', 2003));
  assert.deepEqual(parseAddress('file:/var/x:y'), { protocol: 'file', path: '/var/x:y' });
});

test('an address that could never be reached is refused with the way to write it', () => {
  assert.match(errorOf('localhost'), /host:port/);
  assert.match(errorOf('localhost:graphite'), /port must be a number/);
  assert.match(errorOf('h:0'), /1 to 65535/);
  assert.match(errorOf('h:65536'), /1 to 65535/);
  assert.match(errorOf('::1:2003'), /brackets/);
  assert.match(errorOf('a:1:b:c'), /brackets/);
  assert.match(errorOf('file:'), /path/);
  assert.match(errorOf('  '), /needs an address/);
});

test('options come in any order, separated by any white space, and the last one counts', () => {
  const options = parsed('  h:1 \t spool=true   regex=^a.*=b$\nflush=5 flush=7 when_full=drop_oldest ');
  assert.equal(options.spool, true);
  assert.equal(options.regex, '^a.*=b$');
  assert.equal(options.flush, 7);
  assert.equal(options.whenFull, 'drop_oldest');
});

test('text values may be digits or start with true, which crng refuses', () => {
  assert.equal(parsed('h:1 sub=777').sub, '777');
  assert.equal(parsed('h:1 prefix=true.x').prefix, 'true.x');
  assert.equal(parsed('h:1 prefix=##x').prefix, '##x');
  assert.equal(parsed('h:1 prefix=flush=3').prefix, 'flush=3');
});

test('values in another form are refused, naming option and form', () => {
  assert.match(errorOf('h:1 spool=True'), /spool=True.*true or false/);
  assert.match(errorOf('h:1 spool=1'), /true or false/);
  assert.match(errorOf('h:1 flush=1s'), /flush=1s.*digits only/);
  assert.match(errorOf('h:1 flush=-1'), /digits only/);
  assert.match(errorOf('h:1 flush='), /digits only/);
  assert.match(errorOf('h:1 flush=99999999999999999999'), /digits only/);
  assert.match(errorOf('h:1 connbuf=0'), /at least 1/);
  assert.match(errorOf('h:1 when_full=drop'), /spill, block, drop_newest, drop_oldest/);
  assert.match(errorOf('h:1 prefix='), /must not be empty/);
  assert.match(errorOf('h:1 gzip=true'), /only with a file/);
});

test('an unknown option is named, and the near one is offered', () => {
  assert.match(errorOf('h:1 foo=1'), /^unrecognized option 'foo=1'$/);
  assert.match(errorOf('h:1 foo'), /^unrecognized option 'foo'$/);
  assert.match(errorOf('h:1 substr=a'), /unrecognized option 'substr=a' \(did you mean 'sub'\?\)/);
  assert.match(errorOf('h:1 notprefix=a'), /did you mean 'notPrefix'/);
  assert.match(errorOf('h:1 spool'), /a value must follow/);
});

test('pickle is for connections, not for files', () => {
  assert.equal(parsed('h:1 pickle=true').pickle, true);
  assert.match(errorOf('file:x pickle=true'), /does not work with a file: destination/);
  assert.equal(parsed('file:x pickle=false').pickle, false);
  assert.equal(parsed('h:1 pickle=false').pickle, false);
});

test('spool=false means what it means in crng unless when_full says otherwise', () => {
  assert.equal(parsed('h:1 spool=false').whenFull, 'drop_newest');
  assert.equal(parsed('h:1 spool=false when_full=block').whenFull, 'block');
  assert.equal(parsed('h:1 spool=false when_full=spill').whenFull, 'drop_newest');
  assert.equal(parsed('h:1').whenFull, 'spill');
  assert.equal(parsed('h:1 spool=true').whenFull, 'spill');
});

test('options without effect give one warning each, and the others none', () => {
  assert.deepEqual(warningsOf('h:1 spool=true spoolbuf=1 spoolbuf=2 spoolsyncevery=5 flush=3'), ['spoolbuf']);
  assert.deepEqual(warningsOf('h:1 spool=true spool=false'), []);
});

test('every option of the table is accepted with its default', () => {
  for (const option of DESTINATION_OPTIONS) {
    const sample = option.default === undefined || option.default === '' ? undefined : String(option.default);
    const value =
      sample ??
      option.choices?.[0] ??
      { string: 'x=y', bool: 'false', int: '7' }[option.type as 'string' | 'bool' | 'int'];
    parsed(`file:/tmp/x ${option.name}=${value}`);
  }
});

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (addr, rest) => {
      parseDestination(`${addr} ${rest}`);
      parseDestination(`h:1 ${rest}=${addr}`);
      assert.equal(parseDestination(`h:1 sub=x${rest.replaceAll(/\s/g, '')}`).ok, true);
    }),
  );
});

test('a destination key cleans the address and leaves the route key alone', () => {
  assert.equal(destinationKey('all', '127.0.0.1:2003'), 'all_127_0_0_1_2003');
  assert.equal(destinationKey('h', '10.0.0.1:2003:a'), 'h_10_0_0_1_2003_a');
  assert.equal(destinationKey('a.b/c', 'h:1'), 'a.b/c_h_1');
  assert.equal(destinationKey('r', 'file:/var/log/x.log'), 'r_file_varlogx_log');
});
