// The live look: what is shown of which lines, what is counted, and that it ends where it must.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WAITING_LINES_MAX } from '../../../src/relay/tail/tail-client.ts';
import { TAIL_CLIENTS_MAX } from '../../../src/telemetry/tail/tail-report.ts';
import { filterOf, linesOf, makeRig, planOf, readAll, statusOf } from './tail-rig.ts';

test('a line is shown with where it goes, under which key, and whose it is', async () => {
  const { tail, run } = await makeRig();
  const client = tail.add(filterOf())!;
  run('a 1 2\nboth.b  3\t4\nagg 5 6\nblock 7 8\nnone 9 10\n', '10.1.1.1:5', 'pickle');
  const shown = linesOf(await readAll(client));
  const whose = { atMs: 1_700_000_001_000, input: 'pickle', sender: '10.1.1.1:5' };
  const one = { route: 'one', destinations: ['10.0.0.0:2003'] };
  assert.deepEqual(
    shown.toSorted((a, b) => a.line.length - b.line.length || (a.line < b.line ? -1 : 1)),
    [
      { ...whose, line: 'a 1 2', end: 'routed', to: [one] },
      { ...whose, line: 'agg 5 6', end: 'aggregated' },
      { ...whose, line: 'block 7 8', end: 'dropped', reason: 'blocklisted' },
      { ...whose, line: 'none 9 10', end: 'dropped', reason: 'unroutable' },
      {
        ...whose,
        line: 'both.b 3 4',
        end: 'routed',
        to: [one, { route: 'two', destinations: ['10.0.0.1:2003'] }],
        as: 'new.both.b',
      },
    ],
  );
});

test('lines are chosen by key, route, reason and input', async () => {
  const { tail, run } = await makeRig();
  const filters = [
    { match: '^b' },
    { match: 'prefix a' },
    { route: 'two' },
    { reason: 'unroutable' },
    { reason: 'any' },
    { input: 'pickle' },
    { reason: 'invalid' },
  ] as const;
  const clients = filters.map((filter) => tail.add(filterOf(filter))!);
  run('a 1 2\nboth 1 2\nblock 1 2\nnone 1 2\n');
  run('c 1 2\n', 'b:1', 'pickle');
  tail.refused('invalid', Buffer.from('bad'), 'wrong', { sender: 'c:1', input: 'plain' });
  tail.refused('rejected', Buffer.from('a 1 2'), 'hung up', { addr: 'd:1', route: 'two' });
  const shown: string[][] = [];
  for (const client of clients)
    shown.push(
      linesOf(await readAll(client))
        .map(({ line }) => line)
        .sort(),
    );
  assert.deepEqual(shown, [
    ['bad', 'block 1 2', 'both 1 2'],
    ['a 1 2', 'a 1 2'],
    ['a 1 2', 'both 1 2'],
    ['none 1 2'],
    ['a 1 2', 'bad', 'block 1 2', 'none 1 2'],
    ['c 1 2'],
    ['bad'],
  ]);
});

test('a key that comes once among two hundred thousand is found, also beside a client that wants all lines', async () => {
  const { tail, run, clock } = await makeRig();
  const all = tail.add(filterOf())!;
  const rare = tail.add(filterOf({ match: '^needle$' }))!;
  for (let chunk = 0; chunk < 200; chunk++) {
    const lines = Array.from({ length: 1000 }, (_, n) => `series.s${chunk % 50}.n${n} ${n} 1700000000`);
    if (chunk === 137) lines.splice(700, 0, 'needle 1 1700000000');
    run(`${lines.join('\n')}\n`);
  }
  assert.deepEqual(
    linesOf(await readAll(rare)).map(({ line }) => line),
    ['needle 1 1700000000'],
  );
  assert.equal(linesOf(await readAll(all)).length, 50, 'as many as in a second');
  clock.advance(1000);
  const status = statusOf(await readAll(rare));
  assert.deepEqual([status?.lines, status?.looked, status?.shown], [200_001, 200_001, 1]);
  const ofAll = statusOf(await readAll(all))!;
  assert.equal(ofAll.lines, 200_001);
  assert.ok(ofAll.looked >= 50 && ofAll.looked < 200, `${ofAll.looked} looked at`);
});

test('a series is judged once, however many lines of it come', async () => {
  const { tail, run } = await makeRig();
  let judged = 0;
  const match = (): boolean => {
    judged += 1;
    return false;
  };
  tail.add({ ...filterOf(), match });
  const lines = Array.from({ length: 1000 }, (_, n) => `a.s${n} ${n} 1700000000\n`).join('');
  for (let pass = 0; pass < 5; pass++) run(lines);
  assert.equal(judged, 1000);
});

test('what there is no time for passes unseen and is counted, and a new second brings time again', async () => {
  const { tail, run, clock } = await makeRig();
  const client = tail.add(filterOf({ match: '^needle$' }))!;
  clock.stepMs = 1;
  const lines = Array.from({ length: 1000 }, (_, n) => `other.s${n} ${n} 1700000000`);
  for (let chunk = 0; chunk < 100; chunk++) run(`${lines.join('\n')}\nneedle 1 1700000000\n`);
  clock.stepMs = 0;
  clock.advance(100_000);
  run('needle 2 1700000000\n');
  clock.advance(1000);
  const events = await readAll(client);
  const { lines: passed, looked } = statusOf(events)!;
  assert.equal(passed, 100_101);
  assert.ok(looked > 100 && looked < passed / 2, `${looked} looked at`);
  assert.equal(linesOf(events).at(-1)?.line, 'needle 2 1700000000');
});

test('a reader that does not read has a bounded part waiting; the rest is counted as left out', async () => {
  const { tail, run, clock } = await makeRig();
  const client = tail.add(filterOf({ ratePerSec: 1000 }))!;
  const lines = Array.from({ length: 1000 }, (_, n) => `a.s${n} ${n} 1700000000`);
  for (let second = 0; second < 5; second++) {
    run(`${lines.join('\n')}\n`);
    clock.advance(1000);
  }
  const events = await readAll(client);
  assert.equal(linesOf(events).length, WAITING_LINES_MAX);
  const { shown, leftOut, matched } = statusOf(events)!;
  assert.deepEqual([shown, leftOut, matched], [WAITING_LINES_MAX, 4000, 5000]);
  assert.equal(events.filter(({ event }) => event === 'status').length, 1, 'older figures are forgotten');
  run('now.it.reads 1 1700000000\n');
  assert.equal(linesOf(await readAll(client)).length, 1);
});

test('so many long lines wait that their text stays bounded', async () => {
  const { tail, run } = await makeRig();
  const client = tail.add(filterOf({ ratePerSec: 1000 }))!;
  const lines = Array.from({ length: 500 }, (_, n) => `a.${'x'.repeat(900)}.s${n} ${n} 1700000000`);
  run(`${lines.slice(0, 250).join('\n')}\n`);
  run(`${lines.slice(250).join('\n')}\n`);
  const shown = linesOf(await readAll(client));
  const chars = shown.reduce((sum, { line }) => sum + line.length, 0);
  assert.ok(chars <= 256 * 1024 && chars > 250 * 1024, `${chars} characters`);
});

test('lines that find no room are looked at where they are dropped', async () => {
  const { tail, run, state, clock } = await makeRig();
  const slow = tail.add(filterOf({ reason: 'slow_conn', match: 'needle' }))!;
  const other = tail.add(filterOf({ reason: 'slow_conn', route: 'two' }))!;
  run('a 1 2\n', 'a:9');
  const lines = Array.from({ length: 100 }, (_, n) => `a.s${n} ${n} 1700000000`);
  lines[3] = 'needle 1 1700000000';
  tail.dropped('slow_conn', Buffer.from(`${lines.join('\n')}\n`), 'one', '10.0.0.0:2003');
  state.dropped = 100;
  clock.advance(1000);
  const events = await readAll(slow);
  assert.deepEqual(linesOf(events), [
    {
      atMs: 1_700_000_001_000,
      line: 'needle 1 1700000000',
      end: 'dropped',
      to: [{ route: 'one', destinations: ['10.0.0.0:2003'] }],
      reason: 'slow_conn',
      input: 'plain',
      sender: 'a:9',
    },
  ]);
  assert.deepEqual([statusOf(events)?.lines, statusOf(events)?.looked], [100, 100]);
  assert.deepEqual(linesOf(await readAll(other)), []);
});

test('lines made by the relay are shown, those without a route as unroutable', async () => {
  const { tail } = await makeRig();
  const all = tail.add(filterOf({ input: 'generated' }))!;
  const two = tail.add(filterOf({ route: 'two' }))!;
  tail.generated([0], Buffer.from('sum 1 60\nsum 2 120\n'), 2);
  tail.generated([1], Buffer.from('mean 1 60\n'), 1);
  tail.generated([], Buffer.from('lost 1 60\n'), 1);
  const shown = linesOf(await readAll(all)).map(({ line, end, input }) => `${line} ${end} ${input}`);
  assert.deepEqual(shown.sort(), [
    'lost 1 60 dropped generated',
    'mean 1 60 routed generated',
    'sum 1 60 routed generated',
    'sum 2 120 routed generated',
  ]);
  assert.deepEqual(
    linesOf(await readAll(two)).map(({ line }) => line),
    ['mean 1 60'],
  );
});

test('another table has the series judged again, and says when the route that is watched comes and goes', async () => {
  const { tail, run, state, setTable, clock } = await makeRig();
  const client = tail.add(filterOf({ route: 'two' }))!;
  const changed: string[] = [];
  const read = async (): Promise<string[]> => {
    clock.advance(1000);
    const events = await readAll(client);
    for (const told of events) if (told.event === 'note') changed.push(told.data.text);
    return linesOf(events).map(({ line }) => line);
  };
  run('a 1 2\nboth 1 2\n');
  assert.deepEqual(await read(), ['both 1 2']);
  setTable((key) => (key === 'a' ? planOf('both.a') : { kind: 'route', outputs: [0] }));
  run('a 3 4\nboth 3 4\n');
  assert.deepEqual(await read(), ['a 3 4']);
  state.table = ['one'];
  setTable(() => ({ kind: 'route', outputs: [0] }));
  run('a 5 6\nboth 5 6\n');
  assert.deepEqual(await read(), []);
  state.table = ['one', 'two'];
  assert.deepEqual(await read(), []);
  assert.deepEqual(changed, [
    'route "two" is not in the table any more',
    'route "two" is in the table again',
  ]);
});

test('so many may look at once; one that goes leaves its place, and nothing runs when the last has gone', async () => {
  const { tail, run, clock } = await makeRig();
  const clients = Array.from({ length: TAIL_CLIENTS_MAX }, () => tail.add(filterOf({ match: 'a' }))!);
  assert.equal(tail.add(filterOf()), undefined);
  run('a 1 2\n');
  clients[3]?.stop();
  const late = tail.add(filterOf({ match: 'b' }))!;
  run('a 3 4\nb 3 4\n');
  assert.deepEqual(
    linesOf(await readAll(late)).map(({ line }) => line),
    ['b 3 4'],
  );
  for (const client of [...clients, late]) client.stop();
  assert.equal(tail.isWatched, false);
  assert.equal(clock.pending, 0);
});

test('the end says why, after what waits and the last figures, and nobody may look any more', async () => {
  const { tail, run, clock } = await makeRig();
  const client = tail.add(filterOf())!;
  const slow = tail.add(filterOf())!;
  run('a 1 2\n');
  const waiting = client.next();
  tail.end('over');
  const told = (await waiting)?.map(({ event }) => event);
  assert.deepEqual(told, ['line', 'status', 'end']);
  assert.equal(await client.next(), undefined);
  assert.deepEqual((await slow.next())?.at(-1), { event: 'end', data: { text: 'over' } });
  assert.equal(await slow.next(), undefined);
  assert.equal(tail.add(filterOf()), undefined);
  assert.equal(clock.pending, 0);
});
