import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAddress, renderListenError, resolveBindAddress } from '../../src/input/bind-address.ts';

const both = async (): Promise<{ address: string; family: number }[]> => [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

test('all interfaces are those of both families, shown as written', async () => {
  for (const [text, host] of [
    [':2003', ''],
    ['0.0.0.0:2003', '0.0.0.0'],
    ['[::]:2003', '[::]'],
  ] as const) {
    const address = await resolveBindAddress(text, both, 'listen_addr');
    assert.deepEqual(address, { ips: ['::', '0.0.0.0'], port: 2003, host });
    assert.equal(renderAddress(address.host, address.port), text);
  }
});

test('one address is taken as it is, of a name the IPv4 one, as Go does', async () => {
  assert.deepEqual((await resolveBindAddress('[::1]:2003', both, 'listen_addr')).ips, ['::1']);
  assert.deepEqual((await resolveBindAddress('10.1.2.3:2003', both, 'listen_addr')).ips, ['10.1.2.3']);
  assert.deepEqual(await resolveBindAddress('localhost:', both, 'listen_addr'), {
    ips: ['127.0.0.1'],
    port: 0,
    host: '127.0.0.1',
  });
  const only6 = async (): Promise<{ address: string; family: number }[]> => [
    { address: 'fe80::1', family: 6 },
  ];
  assert.deepEqual((await resolveBindAddress('six:1', only6, 'listen_addr')).ips, ['fe80::1']);
});

test('a name without addresses is refused with one clear line', async () => {
  await assert.rejects(
    resolveBindAddress('x:1', async () => [], 'listen_addr'),
    { message: 'listen_addr x:1: no such host' },
  );
});

test('addresses are shown as Go shows them', () => {
  assert.equal(renderAddress('127.0.0.1', 1), '127.0.0.1:1');
  assert.equal(renderAddress('::1', 1), '[::1]:1');
  assert.equal(renderAddress('::ffff:10.0.0.1', 1), '10.0.0.1:1');
});

test("the system's errors are put into words", () => {
  for (const code of ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EMFILE']) {
    assert.doesNotMatch(renderListenError(Object.assign(new Error('raw'), { code })), /raw|^E[A-Z]+/);
  }
  assert.equal(renderListenError(new Error('raw')), 'raw');
});
