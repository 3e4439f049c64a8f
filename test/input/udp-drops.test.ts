import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseUdpTable, readUdpDrops, renderProcAddress } from '../../src/input/udp-drops.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  171: 0100007F:07D3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 16157 2 00000000c1e8647e 0
 2219: 00000000:07D3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 16158 2 0000000014469ab9 4294967290
 2219: 00000000:07D3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 16159 2 0000000014469abf 7
`;

test('the drops of a socket are found by its local address', () => {
  assert.deepEqual(parseUdpTable(TABLE, '0100007F:07D3'), [{ inode: '16157', drops: 0 }]);
  assert.deepEqual(parseUdpTable(TABLE, '00000000:07D3'), [
    { inode: '16158', drops: 4_294_967_290 },
    { inode: '16159', drops: 7 },
  ]);
  assert.deepEqual(parseUdpTable(TABLE, '00000000:07D4'), []);
  assert.deepEqual(parseUdpTable('', '00000000:07D4'), []);
});

for (const ip of ['127.0.0.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1']) {
  test(`the system's own row for ${ip} is found`, async (t) => {
    const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
    t.after(() => socket.close());
    socket.bind(0, ip);
    await once(socket, 'listening');
    assert.equal(readUdpDrops(ip, socket.address().port), 0);
  });
}

test('an address without a socket has no drops to show', () => {
  assert.equal(readUdpDrops('127.0.0.1', 1), undefined);
  assert.match(renderProcAddress('2001:db8::5', 2003), /^[0-9A-F]{32}:07D3$/);
});
