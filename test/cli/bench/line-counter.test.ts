// Counting at the sink: what is lost, doubled, reordered, changed or foreign, exactly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBench, TIME_SEC } from './bench-lines.ts';

const WORDS = ['idle', 'user', 'system', 'wait-io', 'steal', 'softirq'];

/** The key of a series, in plain words. */
function keyOf(series: number): string {
  const host = String(Math.floor(series / 10) % 1000).padStart(4, '0');
  const number = String(series).padStart(7, '0');
  const start = `g${series % 10}.app${series % 10}.host${host}.cpu${series % 8}.s${number}.`;
  return (start + WORDS[series % 6]).padEnd(37 + (series % 7), '_');
}

function fields(line: string): string[] {
  return line.trimEnd().split(' ');
}

test('lines are KEY NUMBER TIME: numbers from 10^9 on, series in turn, each always on its connection', async () => {
  const { lines } = await makeBench({ series: 5000, connections: 2 }, 200);
  const keys = lines.map((line) => fields(line)[0]);
  const turns = [0, 0];
  const wanted = Array.from({ length: 200 }, (_, slot) => {
    const connection = slot % 2;
    return Array.from({ length: 4 }, () => keyOf(connection + 2 * turns[connection]!++));
  }).flat();
  assert.deepEqual(keys, wanted);
  for (const [index, line] of lines.entries()) {
    assert.equal(line.slice(keys[index]!.length), ` ${1_000_000_000 + index} ${TIME_SEC}\n`);
  }
});

test('everything that comes once is accepted, in chunks cut anywhere', async () => {
  const whole = (await makeBench()).lines.join('');
  for (const size of [1, 2, 3, 7, 16, 61, 64, 127, 1000]) {
    const bench = await makeBench();
    for (let at = 0; at < whole.length; at += size) bench.take(whole.slice(at, at + size));
    assert.deepEqual(bench.end().counts(), { accepted: 40 }, `chunks of ${size}`);
  }
  const two = (await makeBench()).lines.slice(0, 2).join('');
  for (let cut = 0; cut <= two.length; cut++) {
    const bench = await makeBench();
    assert.deepEqual(
      bench.take(two.slice(0, cut)).take(two.slice(cut)).counts(),
      { accepted: 2 },
      `cut at ${cut}`,
    );
  }
});

test('what does not come is lost, what comes again is a duplicate and not late', async () => {
  const bench = await makeBench();
  const kept = bench.lines.filter((_, index) => index % 7 !== 0);
  bench.take(kept.join(''));
  assert.deepEqual(bench.counts(), { accepted: 34 });
  bench.take(kept[3]!).take(kept[0]!).take(kept[3]!);
  assert.deepEqual(bench.counts(), { accepted: 34, duplicates: 3 });
});

test('a line after a later one of its series is reordered; lines of other series may pass each other', async () => {
  const { lines } = await makeBench();
  // Three series a connection: of lines 0..3 and 8..11, the first, fourth, seventh are of one series.
  const own = lines.filter((_, index) => Math.floor(index / 4) % 2 === 0);
  const swapped = [own[0]!, own[6]!, own[3]!, own[9]!];
  assert.deepEqual((await makeBench()).take(swapped.join('')).counts(), { accepted: 4, reordered: 1 });
  const mixed = [own[1]!, own[0]!, own[2]!, own[4]!, own[3]!, own[5]!];
  assert.deepEqual((await makeBench()).take(mixed.join('')).counts(), { accepted: 6 });
  const late = [own[9]!, own[0]!, own[3]!, own[6]!];
  assert.deepEqual((await makeBench()).take(late.join('')).counts(), { accepted: 4, reordered: 3 });
});

test('other white space and other forms of the number are accepted and counted', async () => {
  const forms = [
    (key: string, value: string, time: string) => `${key}\t${value}\t${time}\n`,
    (key: string, value: string, time: string) => `${key}  ${value}   ${time}\r\n`,
    (key: string, value: string, time: string) => ` ${key} ${value} ${time} \n`,
    (key: string, value: string, time: string) => `${key} ${value}.0 ${time}\n`,
    (key: string, value: string, time: string) => `${key} ${value}.000000 ${time}.0\n`,
    (key: string, value: string, time: string) => `${key} ${Number(value).toExponential()} ${time}\n`,
    (key: string, value: string, time: string) => `${key} 0${value} ${time}\n`,
  ];
  for (const form of forms) {
    const bench = await makeBench();
    for (const line of bench.lines) {
      const [key = '', value = '', time = ''] = fields(line);
      bench.take(form(key, value, time));
    }
    assert.deepEqual(bench.counts(), { accepted: 40, reformatted: 40 }, form('k', '1', '2'));
  }
});

test('a key with a prefix or a suffix is a renamed line; another key under the same number is foreign', async () => {
  const bench = await makeBench();
  for (const line of bench.lines.slice(0, 3)) bench.take(`eu.${line}`).take(line.replace(' ', '.sum '));
  assert.deepEqual(bench.counts(), { accepted: 3, renamed: 6, duplicates: 3 });
  const other = await makeBench();
  const [, value, time] = fields(other.lines[0]!);
  other.take(`${fields(other.lines[1]!)[0]} ${value} ${time}\n`);
  assert.deepEqual(other.counts(), { foreign: 1 });
});

test('foreign lines and fragments are counted and sampled, whatever they hold', async () => {
  const bench = await makeBench();
  const [key = ''] = fields(bench.lines[0]!);
  const foreign = [
    `carbon.relays.host.metricsReceived 1234 ${TIME_SEC}\n`,
    `carbon.relays.host.memory 1000000003 ${TIME_SEC}\n`,
    `${key} 1000000000 ${TIME_SEC + 1}\n`,
    `${key} 1999999999 ${TIME_SEC}\n`,
    `${key} 5000000000 ${TIME_SEC}\n`,
    `${key} 99999999999999999999 ${TIME_SEC}\n`,
    `${key} -1000000000 ${TIME_SEC}\n`,
    `${key} NaN ${TIME_SEC}\n`,
    `${key} 1000000000.5 ${TIME_SEC}\n`,
    `${key} 1000000000 ${TIME_SEC} more\n`,
    `${key} 1000000000\n`,
    '\n',
    ' \r\n',
    '\0\xff\x80 \x01\n',
    `${'x'.repeat(200_000)}\n`,
    bench.lines[0]!.slice(9),
  ];
  for (const line of foreign) bench.take(line);
  assert.deepEqual(bench.counts(), { foreign: foreign.length });
  assert.equal(bench.counter.samples.length, 5);
  assert.equal(bench.counter.samples[0], foreign[0]!.trimEnd());
  bench.take(bench.lines.join('')).take(bench.lines[0]!.slice(0, 20)).end();
  assert.deepEqual(bench.counts(), { accepted: 40, foreign: foreign.length + 1 });
});

test('a line without end is dropped piece by piece, and the next one counts', async () => {
  const bench = await makeBench();
  for (let piece = 0; piece < 200; piece++) bench.take('x'.repeat(1000));
  bench.take(`xx\n${bench.lines[0]}`);
  assert.deepEqual(bench.counts(), { accepted: 1, foreign: 1 });
});

test('with a port for each copy, a copy too many at one does not make up for one too few at another', async () => {
  const bench = await makeBench({}, 10, 2, true);
  const all = bench.lines.join('');
  bench.take(all, 0).take(bench.lines.slice(1).join(''), 1).take(bench.lines[0]!, 0);
  assert.deepEqual(bench.counts(), { accepted: 79, duplicates: 1 });
});

test('copies by any port are counted by line; two streams in order are no disorder', async () => {
  const bench = await makeBench({}, 10, 3, false);
  const all = bench.lines;
  for (let at = 0; at < all.length; at += 8) {
    bench.take(all.slice(at, at + 8).join(''));
    if (at >= 8) bench.take(all.slice(at - 8, at).join(''), 1);
  }
  assert.deepEqual(bench.counts(), { accepted: 72 });
  bench.take(all.join(''), 2);
  assert.deepEqual(bench.counts(), { accepted: 112 });
  bench.take(all.slice(-8).join('')).take(all[0]!);
  assert.deepEqual(bench.counts(), { accepted: 120, duplicates: 1 });
});

test('lines that a relay should have blocked are unwanted, and not expected', async () => {
  const bench = await makeBench({ blockedSeries: 2 }, 20);
  const blocked = bench.lines.filter((line) => line.startsWith('blocked.'));
  assert.equal(bench.passing, bench.lines.length - blocked.length);
  assert.equal(blocked.length, 20);
  bench.take(bench.lines.join(''));
  assert.deepEqual(bench.counts(), { accepted: 60, unwanted: 20 });
});

test('new series: each key comes once only, also where only each third is new', async () => {
  for (const newEach of [1, 3]) {
    const bench = await makeBench({ newEach, series: 12 }, 60);
    const keys = bench.lines.map((line) => fields(line)[0]!);
    const fresh = keys.filter((key) => /\.pod\d{9}\./.test(key));
    assert.equal(new Set(fresh).size, fresh.length);
    assert.equal(fresh.length, keys.length / newEach);
    assert.deepEqual(bench.take(bench.lines.join('')).counts(), { accepted: 240 });
  }
});

test('tags and line lengths are as asked for', async () => {
  const bench = await makeBench({ tags: 2, lineBytes: 200, series: 700, connections: 1 }, 175);
  const sizes = bench.lines.map((line) => line.length);
  assert.equal(sizes.reduce((sum, size) => sum + size, 0) / sizes.length, 200);
  assert.match(bench.lines[27]!, /^g7\.app7\.host0002\.cpu3\.s0000027\.wait-io_+;tag00=v27;tag01=v34 /);
  assert.deepEqual(bench.take(bench.lines.join('')).counts(), { accepted: 700 });
  const short = await makeBench({ series: 700, connections: 1 }, 175);
  const mean = short.lines.join('').length / 700;
  assert.ok(Math.abs(mean - 63) < 0.5, `${mean}`);
});

test('a load forgets the one before', async () => {
  const first = await makeBench();
  const second = await makeBench();
  second.take(first.lines.join(''));
  assert.deepEqual(second.counts(), { accepted: 40 });
});
