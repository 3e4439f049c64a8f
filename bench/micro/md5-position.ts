// What does the place of a key on carbon's ring cost, with one call and with a Hash object? `bin/node bench/micro/md5-position.ts`
import { createHash } from 'node:crypto';
import { md5Position } from '../../src/table/route/ring/md5-position.ts';
import { sideBySide } from '../side-by-side.ts';

const KEYS = 50_000;
const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(`servers.web${i % 9973}.cpu.${i % 64}.user`));

sideBySide('MD5 of a key, its first two bytes', KEYS, {
  'one call': () => keys.reduce((sum, key) => sum + md5Position(key), 0),
  'a Hash object': () =>
    keys.reduce((sum, key) => sum + createHash('md5').update(key).digest().readUInt16BE(), 0),
});
