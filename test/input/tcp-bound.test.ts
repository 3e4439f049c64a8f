// Bounds of the TCP input: thousands of connections, max_connections, and a process with few file descriptors.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import type { TcpInputStats } from '../../src/input/tcp-input.ts';
import { connectTo, startTcp } from './start-tcp.ts';
import { waitUntil } from './wait-until.ts';

test('two thousand connections at once are all served', async (t) => {
  const { input, dispatcher, connect: open } = await startTcp(t);
  const sockets = await Promise.all(Array.from({ length: 2000 }, open));
  for (const [index, socket] of sockets.entries()) socket.end(`s${index} 1 2\n`);
  await waitUntil(
    'all ends',
    () => dispatcher.streams.filter((stream) => stream.ends[0] === 'fin').length === 2000,
  );
  assert.equal(new Set(dispatcher.text.split('\n')).size, 2001);
  assert.equal(input.stats.accepted, 2000);
});

test('at max_connections new senders are refused until some leave', async (t) => {
  const { input, dispatcher, log } = await startTcp(t, { connectionsMax: 40 });
  const { served, refused } = await openSenders(t, input.port, 100);
  assert.ok(served.length >= 40 && served.length <= 48, `${served.length} served`);
  assert.equal(refused.length + served.length, 100);
  await waitUntil('all streams', () => dispatcher.streams.length === served.length);
  assert.equal(input.listening, false);
  const place = `127.0.0.1:${input.port}`;
  const warning = `listen_addr ${place}: ${served.length} connections, no more fit into max_connections = 40; new senders are refused until some leave`;
  assert.deepEqual(log.at('warn'), [warning]);
  await assert.rejects(connectTo(t, input.port), { code: 'ECONNREFUSED' });
  for (const { socket } of served.slice(0, 20)) socket.end();
  await waitUntil('listening again', () => input.listening);
  await connectTo(t, input.port);
  assert.equal(log.lines.filter((line) => line.includes('again')).length, 1);
});

test('a crowd that comes when few slots are left is served or refused, never reset', async (t) => {
  const { input, dispatcher } = await startTcp(t, { connectionsMax: 40 });
  const early = await openSenders(t, input.port, 30);
  await waitUntil('the first streams', () => dispatcher.streams.length === 30);
  const late = await openSenders(t, input.port, 60, 30);
  const served = [...early.served, ...late.served];
  assert.ok(served.length >= 40 && served.length <= 48, `${served.length} served`);
  assert.equal(served.length + late.refused.length, 90);
  await waitUntil('all lines', () => dispatcher.text.split('\n').length > served.length * 5);
  assert.equal(input.stats.connections, served.length);
});

test('a bound that is reached again and again is one warning', async (t) => {
  const { input, log } = await startTcp(t, { connectionsMax: 2 });
  for (let round = 1; round <= 3; round += 1) {
    const { served } = await openSenders(t, input.port, 2);
    await waitUntil('the bound', () => input.stats.closures === round && !input.listening);
    for (const { socket } of served) socket.end();
    await waitUntil('listening again', () => input.listening);
  }
  assert.equal(log.at('warn').length, 1);
});

test('with few file descriptors senders are served as far as possible, and nothing of theirs is lost', async (t) => {
  const relay = await startLimited(t, 256);
  const { served: connected, refused } = await openSenders(t, relay.port, 1000);
  const served = connected.filter(({ id }) => !refused.includes(id));
  assert.ok(served.length >= 140 && served.length < 256, `${served.length} served`);
  // Who comes in the turn of closing is reset, and is told so.
  assert.ok(connected.length - served.length <= 5, `${connected.length - served.length} reset`);
  const first = await relay.report();
  assert.equal(first.stats.listening, 'full');
  assertServed(served, first.lines);

  const [leaving, staying] = [served.slice(0, 60), served.slice(60)];
  for (const sender of leaving) sender.socket.end(`${sender.id} last\n`);
  await waitUntil('listening again', () => relay.log.some((line) => line.includes('/tcp again')));
  const later = await openSenders(t, relay.port, 50, 1000);
  assert.equal(later.refused.length, 0, 'refused although there is room');
  for (const sender of staying) sender.socket.write(`${sender.id} still\n`);
  const sent = 5 * (served.length + 50) + served.length;
  await relay.waitForLines(sent);
  const second = await relay.report();
  assertServed([...served, ...later.served], second.lines);
  for (const { id } of leaving) assert.equal(second.lines[`${id} last`], 1);
  for (const { id } of staying) assert.equal(second.lines[`${id} still`], 1);
  assert.equal(second.stats.refused, 0);
  assert.equal(relay.log.filter((line) => line.startsWith('warn: ')).length, 1, relay.log.join('\n'));
});

interface Sender {
  readonly id: string;
  readonly socket: Socket;
}

/** Opens senders all at once; each that gets through sends five lines. Resolves when each is in or refused. */
async function openSenders(
  t: TestContext,
  port: number,
  count: number,
  firstId = 0,
): Promise<{ served: Sender[]; refused: string[] }> {
  const served: Sender[] = [];
  const refused: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `s${firstId + index}`;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.on('error', () => refused.push(id));
    socket.on('connect', () => {
      served.push({ id, socket });
      for (let line = 0; line < 5; line += 1) socket.write(`${id} ${line}\n`);
    });
  }
  // A sender that the system neither takes nor refuses asks again after 1, 3 and 7 seconds.
  await waitUntil('each in or refused', () => served.length + refused.length >= count);
  return { served, refused };
}

function assertServed(senders: readonly Sender[], lines: Readonly<Record<string, number>>): void {
  const missing = senders.flatMap(({ id }) =>
    [0, 1, 2, 3, 4].map((line) => `${id} ${line}`).filter((line) => lines[line] !== 1),
  );
  assert.deepEqual(missing, [], 'lines of senders that got in are missing');
}

interface Report {
  readonly lines: Readonly<Record<string, number>>;
  readonly stats: TcpInputStats;
}

interface LimitedRelay {
  readonly port: number;
  readonly log: string[];
  readonly report: () => Promise<Report>;
  readonly waitForLines: (count: number) => Promise<void>;
}

async function startLimited(t: TestContext, descriptors: number): Promise<LimitedRelay> {
  const script = `ulimit -n ${descriptors}; exec "$0" "$1"`;
  const file = new URL('./limited-input.ts', import.meta.url).pathname;
  const child: ChildProcess = spawn('sh', ['-c', script, process.execPath, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const log: string[] = [];
  let port = 0;
  let report: Report | undefined;
  assert.ok(child.stdout && child.stdin);
  const { stdin } = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('port ')) port = Number(line.slice(5));
    else if (line.startsWith('report ')) report = JSON.parse(line.slice(7)) as Report;
    else log.push(line);
  });
  await waitUntil('the port', () => port > 0);
  const ask = async (): Promise<Report> => {
    report = undefined;
    stdin.write('report\n');
    await waitUntil('a report', () => report !== undefined);
    assert.ok(report);
    return report;
  };
  const waitForLines = async (count: number): Promise<void> => {
    for (let round = 0; Object.keys((await ask()).lines).length < count; round += 1) {
      assert.ok(round < 1000, `fewer than ${count} lines`);
      await Promise.race([once(stdin, 'close'), new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  };
  return { port, log, report: ask, waitForLines };
}
