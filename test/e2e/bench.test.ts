// `sluice bench` counts exactly: through this relay, and through one that spoils known lines.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { assertConserved } from '../assert-conserved.ts';
import type { BenchReport } from '../../src/cli/bench/bench-report.ts';
import type { LoadResult } from '../../src/cli/bench/run-load.ts';
import { runCommand } from '../cli/fake-world.ts';
import { takePort } from '../own-port.ts';
import { makeFolder, routeTo, startRelay } from './relay-process.ts';

const NUMBER_BASE = 1_000_000_000;

/** Lines that are late on a machine that stalls are not lost; where some never come, each bench takes so long, s. */
const WAIT_SEC = 4;

/** Runs `bench`; returns its exit code and result. */
async function bench(args: readonly string[]): Promise<{ code: number; result: LoadResult; err: string }> {
  const { code, out, err } = await runCommand(['bench', '--json', '--wait', String(WAIT_SEC), ...args]);
  return { code, result: (JSON.parse(out) as BenchReport).result, err };
}

/** The flags by which the bench reaches a relay and the relay the bench. */
function through(target: number, ...listen: readonly number[]): string[] {
  return ['--target', `127.0.0.1:${target}`, '--listen', listen.join(',')];
}

/** A relay of one process: `pass` gets each line with its number and a way to send lines on. */
async function startSpoiler(
  t: TestContext,
  sinkPort: number,
  pass: (line: string, number: number, send: (line: string) => void) => void,
): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    let rest = '';
    let out: Socket | undefined;
    socket.on('data', (chunk) => {
      // Not before there is something to send: a bench listens only while it runs.
      if (out === undefined) {
        out = connect(sinkPort, '127.0.0.1').on('error', () => out?.destroy());
        sockets.push(out);
      }
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      let text = '';
      for (const line of lines) {
        pass(line, Number(line.split(' ')[1]) - NUMBER_BASE, (sent) => {
          text += `${sent}\n`;
        });
      }
      out.write(text);
    });
    socket.on('end', () => out?.end());
    socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

test('through this relay every line comes once and in order, whatever the profile', async (t) => {
  const sinkPort = await takePort();
  const relay = await startRelay(t, routeTo(`127.0.0.1:${sinkPort} reconn=50`));
  const way = through(relay.port, sinkPort);
  let sent = 0;
  for (const profile of [
    ['--lines', '100000'],
    ['--profile', 'paced:20000', '--seconds', '0.5'],
    ['--profile', 'notes', '--seconds', '0.5'],
    ['--profile', 'churn', '--lines', '50000'],
    ['--profile', 'fanin', '--connections', '300', '--lines', '50000'],
    ['--lines', '50000', '--tags', '3', '--line-bytes', '150'],
  ]) {
    const { code, result, err } = await bench([...way, '--wait', '60', ...profile]);
    const { timeline: _, ...counts } = result;
    const { expected, accepted, lost, duplicates, reordered, renamed, reformatted } = counts;
    const shown = `${profile.join(' ')}: ${JSON.stringify(counts)} ${err}\n${relay.stderr}`;
    assert.equal(code, 0, shown);
    assert.ok(expected > 0 && accepted === expected, shown);
    // Foreign ones there may be: the relay repeats what it sent last to the sink of the bench before, which hung up.
    assert.deepEqual([lost, duplicates, reordered, renamed, reformatted], [0, 0, 0, 0, 0], shown);
    assert.equal(result.delay.samples, accepted);
    sent += result.sent;
  }
  const { ledger } = await relay.terminate();
  assertConserved(ledger);
  assert.equal(ledger.received, sent);
});

test('what a relay drops, doubles, reorders and adds is counted to the line', async (t) => {
  const sinkPort = await takePort();
  let held = '';
  const port = await startSpoiler(t, sinkPort, (line, number, send) => {
    if (number % 100 === 7) return;
    if (number % 1000 === 501) {
      held = line;
      return;
    }
    if (number % 3000 === 0) send(`relay.own.metrics 1000000005 ${Math.floor(Date.now() / 1000)}`);
    send(line);
    if (number % 150 === 11) send(line);
    // Four series: the next line of the held one's series is the fourth behind it.
    if (number % 1000 === 505) send(held);
  });
  const args = ['--series', '4', '--connections', '1', '--lines', '10000'];
  const { code, result } = await bench([...through(port, sinkPort), ...args]);
  assert.equal(code, 1);
  assert.equal(result.sent, 10_000);
  assert.equal(result.lost, 100);
  assert.equal(result.duplicates, 67);
  assert.equal(result.reordered, 10);
  assert.equal(result.foreign, 4);
  assert.match(result.samples[0] ?? '', /^relay\.own\.metrics/);
});

test('copies at ports of their own are counted apart, and so are lines in another form', async (t) => {
  const [first, second] = [await takePort(), await takePort()];
  const onward = await startSpoiler(t, second, (line, number, send) => {
    if (number !== 5) send(line.replaceAll(' ', '\t'));
  });
  const other = connect(onward, '127.0.0.1');
  t.after(() => other.destroy());
  const port = await startSpoiler(t, first, (line, number, send) => {
    send(line);
    if (number === 5) send(line);
    other.write(`${line}\n`);
  });
  const args = ['--copies', '2', '--connections', '1', '--lines', '1000'];
  const { code, result } = await bench([...through(port, first, second), ...args]);
  assert.equal(code, 1);
  assert.deepEqual(result.portLines, [1001, 999]);
  assert.equal(result.lost, 1);
  assert.equal(result.duplicates, 1);
  assert.equal(result.reformatted, 999);
});

test('alone it tests itself, as text, as JSON and as a plot, also over UDP', async (t) => {
  const plot = join(makeFolder(t), 'plot.svg');
  const { code, out, err } = await runCommand(['bench', '--lines', '100000', '--plot', plot]);
  assert.equal(code, 0, err);
  assert.match(out, /^full: 10,000 series over 4 connections straight into the sink/);
  assert.match(out, /^came +100,000 +of 100,000, [\d,]+\/s$/m);
  assert.match(out, /^lost +0$/m);
  assert.match(out, /^delay +p50 .* over 100,000 lines$/m);
  assert.match(readFileSync(plot, 'utf8'), /^<svg [\s\S]*Queue: lines sent[\s\S]*<\/svg>\n$/);
  const { result } = await bench(['--profile', 'udp', '--lines', '2000', '--rate', '10000']);
  assert.equal(result.sent, 2000);
  assert.equal(result.lost + result.accepted, 2000);
  assert.equal(result.foreign, 0);
});

test('a relay that sends statistics of its own for ever does not keep the bench from its end', async (t) => {
  const sinkPort = await takePort();
  const port = await startSpoiler(t, sinkPort, (line, number, send) => {
    if (number > 0) return send(line);
    const statistics = connect(sinkPort, '127.0.0.1').on('error', () => statistics.destroy());
    const timer = setInterval(() => statistics.write('relay.uptime 5 1700000000\n'), 100);
    t.after(() => clearInterval(timer));
    t.after(() => statistics.destroy());
  });
  const { code, result } = await bench([...through(port, sinkPort), '--lines', '2000']);
  assert.equal(code, 1);
  assert.equal(result.lost, 1);
  assert.ok(result.foreign >= 5, `${result.foreign}`);
});

test('nothing that comes back is loss, and what cannot be reached is told in one line', async (t) => {
  const sinkPort = await takePort();
  const hole = await startSpoiler(t, sinkPort, () => undefined);
  const { code, result } = await bench([...through(hole, sinkPort), '--lines', '5000']);
  assert.equal(code, 1);
  assert.equal(result.lost, 5000);
  const away = await runCommand(['bench', '--target', `127.0.0.1:${await takePort()}`, '--listen', '0']);
  assert.equal(away.code, 1);
  assert.match(away.err, /^sluice: connection 1 of 4 to 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/);
});

test('flags that make no sense are refused with exit code 2', async () => {
  for (const [args, message] of [
    [['--profile', 'fast'], /no profile "fast"; there are full, paced, notes/],
    [['--series', '0'], /--series 0: a whole number from 1 to/],
    [['--lines', '5', '--seconds', '5'], /exclude each other/],
    [['--profile', 'notes', '--rate', '5'], /has a rate of its own/],
    [['--profile', 'pickle'], /needs --target/],
    [['--copies', '2'], /needs --target/],
    [['--target', 'nowhere'], /--target: address nowhere: missing port/],
    [['--line-bytes', '10'], /--line-bytes 10/],
  ] as const) {
    const { code, err } = await runCommand(['bench', ...args]);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
  const { code, err } = await runCommand(['bench', '--profile', 'fanin', '--connections', '60000']);
  if (code !== 0) assert.match(err, /60000 connections need \d+ open files.*ulimit -Hn/);
});

test('the profile pickle goes to the pickle listener', async (t) => {
  const [sinkPort, picklePort] = [await takePort(), await takePort()];
  const relay = await startRelay(
    t,
    `pickle_addr = "127.0.0.1:${picklePort}"\n${routeTo(`127.0.0.1:${sinkPort}`)}`,
  );
  const args = ['--profile', 'pickle', '--lines', '20000'];
  const { code, result } = await bench([...through(picklePort, sinkPort), ...args]);
  assert.equal(code, 0);
  assert.deepEqual([result.accepted, result.foreign], [20_000, 0]);
  await relay.terminate();
});
