import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress, renderListenAddress } from '../../src/util/listen-address.ts';

test('every form of address that Go listens on is read', () => {
  const cases: [string, string, number][] = [
    [':2003', '', 2003],
    ['0.0.0.0:2003', '', 2003],
    ['[::]:2003', '', 2003],
    ['[::1]:2003', '::1', 2003],
    ['127.0.0.1:8081', '127.0.0.1', 8081],
    ['localhost:', 'localhost', 0],
    ['localhost:0', 'localhost', 0],
    ['relay-1.example:65535', 'relay-1.example', 65_535],
  ];
  for (const [text, host, port] of cases) {
    assert.deepEqual(parseListenAddress(text), { ok: true, address: { host, port } }, text);
  }
});

test('what is not an address is refused with one sentence', () => {
  const cases: [string, string][] = [
    ['', 'address : missing port in address'],
    ['2003', 'address 2003: missing port in address'],
    ['::1', 'address ::1: too many colons in address'],
    ['a:b:1', 'address a:b:1: too many colons in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['[::1]', 'address [::1]: missing port in address'],
    ['[::1]x:1', 'address [::1]x:1: unexpected text after ]'],
    ['[host]:1', 'address [host]:1: no IPv6 address between [ and ]'],
    [':65536', 'address :65536: invalid port'],
    [':carbon', 'address :carbon: unknown port "carbon"'],
    [':-1', 'address :-1: unknown port "-1"'],
    ['a b:1', 'address a b:1: not a host name'],
  ];
  for (const [text, error] of cases) assert.deepEqual(parseListenAddress(text), { ok: false, error }, text);
});

test('an address is shown as Go shows it', () => {
  for (const text of ['[::]:2003', '[::1]:2003', '127.0.0.1:8081']) {
    const parsed = parseListenAddress(text);
    assert.ok(parsed.ok);
    assert.equal(renderListenAddress(parsed.address), text);
  }
});
