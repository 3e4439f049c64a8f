import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeSpools } from '../../admin/fake-spools.ts';
import { HttpBench } from '../../admin/http/http-bench.ts';
import { makeFolder } from '../../destination/spool/crng-queue-folder.ts';
import { runCommand } from '../fake-world.ts';

test('ls --url shows the spools of a running relay as it knows them', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  const { code, out } = await runCommand(['spool', 'ls', '--url', bench.url]);
  assert.equal(code, 0);
  assert.match(out, /^r_a\/b +12 +300 B +\S+ +\d+ {2}in use$/m);
  const json = await runCommand(['spool', 'ls', '--json', '--url', `127.0.0.1:${bench.server.port}`]);
  assert.deepEqual(JSON.parse(json.out), spools.row);
});

test('purge --url drops what waits in a running relay', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  const { code, out } = await runCommand(['spool', 'purge', 'r_a/b', '--yes', '--url', bench.url]);
  assert.deepEqual([code, out], [0, 'r_a/b: 12 lines purged\n']);
  const none = await runCommand(['spool', 'purge', 'x', '--yes', '--url', bench.url]);
  assert.equal(none.code, 1);
  assert.match(none.err, /^sluice: the relay at 127\.0\.0\.1:\d+ says 404: no spool "x"\n$/);
});

test('import --url puts lines into the spool of a running relay, in requests that it takes, waiting where it is full', async (t) => {
  const spools = new FakeSpools();
  const bench = await new HttpBench({}, { spools }).start(t);
  const lines = Array.from({ length: 40_000 }, (_, index) => `a.b${index} ${index} 1700000000\n`);
  const root = await makeFolder(t, { 'lines.txt': lines.join('') });
  spools.refusals = 2;
  const args = ['spool', 'import', '--file', `${root}/lines.txt`, '--into', 'r_a/b', '--url', bench.url];
  const { code, out, err } = await runCommand([...args, '--spool-dir', root]);
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^40,?000 lines from /);
  assert.equal(spools.loaded, lines.join(''));
  assert.ok(spools.calls.length > 2);
});

test('a relay that is not there is one clear line', async () => {
  const { code, err } = await runCommand(['spool', 'ls', '--url', 'http://127.0.0.1:1']);
  assert.equal(code, 1);
  assert.match(err, /^sluice: no relay answers at 127\.0\.0\.1:1: [^\n]+\n$/);
});
