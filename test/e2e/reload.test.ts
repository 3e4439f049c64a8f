// SIGHUP and POST /api/reload, with the real command under load.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertConserved } from '../assert-conserved.ts';
import { CONFIG_HEAD, makeFolder, RelayProcess, startRelay } from './relay-process.ts';
import { openSender } from './send-lines.ts';
import { startSink } from './tcp-sink.ts';

/** Reloads under load; SLUICE_RELOADS makes it more. */
const RELOADS = Number(process.env['SLUICE_RELOADS'] ?? 4);
const SENDERS = 4;
/** Lines a second, all together. */
const RATE = 40_000;
const BATCH_LINES = 250;

function write(relay: RelayProcess, rest: string): void {
  writeFileSync(join(relay.folder, 'relay.toml'), CONFIG_HEAD + rest);
}

function reloadsOf(relay: RelayProcess): number {
  return relay.stderr.match(/reload: = /g)?.length ?? 0;
}

test('while two configs alternate under load no line is lost or doubled, and connections stay', async (t) => {
  const [always, other] = [await startSink(t, { keep: true }), await startSink(t, { keep: true })];
  const route = (key: string, addr: string, rest = ''): string =>
    `[[route]]\nkey = "${key}"\ntype = "sendAllMatch"\ndestinations = ["${addr}${rest}"]\n`;
  const first = route('all', always.addr);
  const second =
    'blocklist = ["prefix no.such."]\n' +
    route('all', always.addr, ' flush=500 queue_bytes=20000000 redo_age=9000') +
    route('other', other.addr, ' regex=\\\\.s7$');
  const relay = await startRelay(t, first);
  const load = { on: true };
  const startMs = performance.now();
  const senders = Array.from({ length: SENDERS }, async (_, number) => {
    const socket = await openSender(t, relay.port);
    let sent = 0;
    while (load.on) {
      let text = '';
      for (let n = sent; n < sent + BATCH_LINES; n += 1)
        text += `load.c${number}.s${n % 10} ${n} 1700000000\n`;
      sent += BATCH_LINES;
      if (!socket.write(text)) await once(socket, 'drain');
      const aheadMs = (sent * SENDERS * 1000) / RATE - (performance.now() - startMs);
      await sleep(Math.max(0, aheadMs));
    }
    socket.end();
    socket.resume();
    if (!socket.closed) await once(socket, 'close');
    return sent;
  });
  for (let n = 1; n <= RELOADS; n += 1) {
    const lines = always.lines;
    write(relay, n % 2 === 1 ? second : first);
    relay.kill('SIGHUP');
    await always.until(`reload ${n}`, () => reloadsOf(relay) >= n);
    await always.until('more lines', () => always.lines > lines + 2000);
  }
  load.on = false;
  const seconds = (performance.now() - startMs) / 1000;
  const counts = await Promise.all(senders);
  const total = counts.reduce((sum, count) => sum + count, 0);
  t.diagnostic(`${RELOADS} reloads while ${Math.round(total / seconds)} lines a second came`);
  const ledger = await relay.untilLedger('all is written', (now) => {
    return now.received === total && now.destinations.every(({ queued, spooled }) => queued + spooled === 0);
  });
  await always.untilLines(total);
  assertConserved(ledger);
  assert.deepEqual(ledger.dropped, {});
  assert.equal(always.connections, 1, 'the connection of a destination that only changed its options');
  assert.equal(always.lines, total);
  const expected = counts.flatMap((count, number) =>
    Array.from({ length: count }, (_, n) => `load.c${number}.s${n % 10} ${n} 1700000000`),
  );
  assert.deepEqual(always.kept.toSorted(), expected.toSorted());
  assert.ok(other.kept.every((line) => line.includes('.s7 ')) && other.lines > 0);
  assert.equal(other.fragments.length, 0);
  const { exit } = await relay.terminate();
  assert.equal(exit.code, 0);
});

test('a config that is wrong is refused whole, in the log and in the answer, and the relay goes on', async (t) => {
  const sink = await startSink(t);
  const route = `[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = ["${sink.addr}"]\n`;
  const relay = await startRelay(t, route);
  write(relay, `${route.replace('all', 'b')}regex = "("\n[[rewriter]]\nold = ""\n`);
  const refused = await fetch(`http://127.0.0.1:${relay.httpPort}/api/reload`, { method: 'POST' });
  assert.equal(refused.status, 400);
  const { problems } = (await refused.json()) as { problems: string[] };
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? '', /relay\.toml:\d+:\d+: /);
  for (const problem of problems) {
    assert.ok(relay.stderr.includes(`[ERROR] reload refused, nothing was changed: ${problem}`), problem);
  }
  write(relay, route.replace('"]', ' regex=^a"]'));
  relay.kill('SIGHUP');
  await relay.untilLogged(`~ destination ${sink.addr} of route all: regex not set -> "^a"`);
  const socket = await openSender(t, relay.port);
  socket.end('b.c 1 1700000000\na.b 1 1700000000\n');
  await sink.untilLines(1);
  await relay.untilLedger('one is unroutable', ({ dropped }) => dropped.unroutable === 1);
  assert.equal(sink.connections, 1);
});

test('a file destination whose folder cannot be made is refused', async (t) => {
  const relay = await startRelay(t, 'blocklist = []\n');
  write(relay, '[[route]]\nkey = "f"\ntype = "sendAllMatch"\ndestinations = ["file:/proc/none/x"]\n');
  relay.kill('SIGHUP');
  await relay.untilLogged(/reload refused, nothing was changed: route "f": .*cannot be written/);
});

test('with --write-back an undo is written into the config, comments kept, and a reload then changes nothing', async (t) => {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  const first = `${CONFIG_HEAD}# to nobody\n[[route]]\nkey = "r"\ntype = "sendAllMatch"\ndestinations = ["127.0.0.1:1"]\n`;
  writeFileSync(file, first);
  const relay = new RelayProcess(t, { args: ['run', '--write-back', '--config', file], folder });
  await relay.untilLogged('is running as instance');
  const post = (path: string) => fetch(`http://127.0.0.1:${relay.httpPort}${path}`, { method: 'POST' });
  const second = `blocklist = ["prefix x."] # mine\n${first.replace('"127.0.0.1:1"', '"127.0.0.1:1 flush=5"')}`;
  writeFileSync(file, second);
  assert.equal((await post('/api/reload')).status, 200);
  assert.equal(readFileSync(file, 'utf8'), second);
  assert.equal((await post('/api/changes/undo')).status, 200);
  // A reload waits for what is being written: else it would read the table of before the undo.
  const answer = (await (await post('/api/reload')).json()) as { readonly changed: boolean };
  assert.equal(answer.changed, false);
  await relay.untilLogged('written back to');
  assert.equal(readFileSync(file, 'utf8'), `blocklist = [] # mine\n${first}`);
  const { changes } = (await (await relay.get('/api/changes')).json()) as {
    changes: { what: string; by: string }[];
  };
  assert.deepEqual(
    changes.map(({ what, by }) => `${what} ${by}`),
    ['undo of reload http', 'reload http'],
  );
});

test('an aggregator that a reload does not change keeps its windows', async (t) => {
  const sink = await startSink(t, { keep: true });
  const config = (flush: number): string =>
    `[[aggregation]]\nfunction = "sum"\nregex = '^a\\.'\nformat = "sum"\ninterval = 3600\nwait = 7200\ndropRaw = true\n` +
    `[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = ["${sink.addr} flush=${flush}"]\n`;
  const relay = await startRelay(t, config(1000));
  const timestamp = Math.floor(Date.now() / 1000);
  const send = async (value: number): Promise<void> => {
    const socket = await openSender(t, relay.port);
    socket.end(`a.b ${value} ${timestamp}\n`);
  };
  await send(1);
  await relay.untilLedger('one is in', ({ consumed }) => consumed === 1);
  write(relay, config(900));
  relay.kill('SIGHUP');
  await relay.untilLogged('flush 1000 -> 900');
  await relay.untilLogged('1 aggregator');
  await send(2);
  await relay.untilLedger('both are in', ({ consumed }) => consumed === 2);
  write(relay, config(900).replace("'^a", "'^b"));
  relay.kill('SIGHUP');
  await sink.untilLines(1);
  assert.match(
    sink.kept[0] ?? '',
    /^sum 3 \d+$/,
    'what closes with its rule has what came before and after the reload',
  );
  const { exit, ledger } = await relay.terminate();
  assert.equal(exit.code, 0);
  assertConserved(ledger);
});

test('a spool that no destination had at the start is opened by a restart, which is said', async (t) => {
  const route = (rest: string): string =>
    `[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = ["127.0.0.1:1${rest}"]\n`;
  const relay = await startRelay(t, route(' spool=false'));
  write(relay, route(''));
  relay.kill('SIGHUP');
  await relay.untilLogged('no spool folder was opened at the start');
  const config = (await (await relay.get('/config')).json()) as { Route: { Destinations: string[] }[] };
  assert.deepEqual(config.Route[0]?.Destinations, ['127.0.0.1:1'], 'what is shown is what was read last');
});
