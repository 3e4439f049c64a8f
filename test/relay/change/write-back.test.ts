import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteBack, type WriteOutcome } from '../../../src/relay/change/write-back.ts';
import type { TableOptions } from '../../../src/table/options.ts';
import { RecordingLog } from '../../input/recording-log.ts';
import { route } from '../../table/table-options.ts';

function table(key: string): TableOptions {
  return { blocklist: [], rewriters: [], aggregators: [], routes: [route({ key })] };
}

/** Each write waits for `finish`. */
function rig() {
  const log = new RecordingLog();
  const writes: {
    readonly key: string;
    readonly digest: string;
    readonly finish: (outcome: WriteOutcome) => void;
  }[] = [];
  const write = (wanted: TableOptions, digest: string): Promise<WriteOutcome> => {
    const { promise, resolve } = Promise.withResolvers<WriteOutcome>();
    writes.push({ key: wanted.routes[0]!.key, digest, finish: resolve });
    return promise;
  };
  return { log, writes, back: new WriteBack({ write, digest: 'd0', log }) };
}

test('one write at a time, of the latest table, on what the one before has written', async () => {
  const { writes, back, log } = rig();
  back.write(table('a'));
  back.write(table('b'));
  back.write(table('c'));
  assert.deepEqual(
    writes.map(({ key }) => key),
    ['a'],
  );
  writes[0]!.finish({ kind: 'inPlace', files: ['c.toml'], digest: 'd1' });
  await new Promise(setImmediate);
  assert.deepEqual(
    writes.map(({ key, digest }) => [key, digest]),
    [
      ['a', 'd0'],
      ['c', 'd1'],
    ],
  );
  let settled = false;
  void back.settled().then(() => (settled = true));
  await new Promise(setImmediate);
  assert.equal(settled, false);
  writes[1]!.finish({ kind: 'inPlace', files: [], digest: 'd2' });
  await back.settled();
  back.read('d9');
  back.write(table('d'));
  assert.equal(writes[2]!.digest, 'd9');
  assert.deepEqual(log.lines, ['info: written back to c.toml']);
});

test('what was not written is said', async () => {
  const { writes, back, log } = rig();
  back.write(table('a'));
  writes[0]!.finish({ kind: 'beside', file: 'c.toml.sluice', why: 'it was edited' });
  await back.settled();
  back.write(table('b'));
  writes[1]!.finish({ kind: 'none', why: 'a flag says otherwise' });
  await back.settled();
  assert.deepEqual(log.lines, [
    'warn: the config was left as it is: it was edited; all of it, with the table in force, is in c.toml.sluice',
    'error: the table in force was not written back to the config: a flag says otherwise',
  ]);
});
