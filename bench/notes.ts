// Sends the traffic of the tuning notes through a relay and holds the relay's own measure of it against what was sent: within
// 5 % at 1 s and 100 ms and 15 % at 10 ms. Then `sluice tune` prints the table of the notes. Exit code 1 when it is off.
//
//   bin/node bench/notes.ts [--rounds 1] [--connections 4]
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TrafficReport } from '../src/telemetry/traffic/traffic.ts';
import { freePort, startRelay, stop } from './e2e-run.ts';
import type { NotesRequest, NotesSent } from './notes-sender.ts';
import { RELAYS } from './relays.ts';

/** How far the relay may be off, by window in ms. */
const TOLERANCES = { '1000': 0.05, '100': 0.05, '10': 0.15 } as const;
const SETTLE_MS = 1500;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, connections: { type: 'string', default: '4' } },
});

async function listen(): Promise<number> {
  const server = createServer((socket) => socket.resume().on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function compare(sent: NotesSent, { all }: TrafficReport): boolean {
  let isGood = all.metrics === sent.lines;
  console.log(
    `sent ${sent.lines} lines in ${sent.seconds.toFixed(1)} s, the latest ${sent.lateMs.toFixed(1)} ms late`,
  );
  console.log(`the relay counted ${all.metrics}`);
  for (const { windowMs, minute } of all.windows) {
    const width = String(windowMs) as keyof typeof TOLERANCES;
    const tolerance = TOLERANCES[width];
    if (tolerance === undefined) {
      console.log(`${windowMs} ms: the relay saw at most ${minute.metrics} (as the event loop read them)`);
      continue;
    }
    const off = minute.metrics / sent.peaks[width] - 1;
    const isNear = Math.abs(off) <= tolerance;
    isGood &&= isNear;
    console.log(
      `${windowMs} ms: sent at most ${sent.peaks[width]}, the relay saw ${minute.metrics} ` +
        `(${(minute.metricsPerMinute / 1e6).toFixed(2)}M/min): ${(off * 100).toFixed(1)} % off, ` +
        `${isNear ? 'within' : 'NOT WITHIN'} ${tolerance * 100} %`,
    );
  }
  return isGood;
}

async function main(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-notes-'));
  const children: ChildProcess[] = [];
  try {
    const relay = RELAYS.find(({ name }) => name === 'sluice');
    if (relay === undefined) throw new Error('no relay named sluice');
    const ports = { listen: await freePort(), http: await freePort(), sinks: [await listen()] };
    await startRelay(
      relay.command({ kind: 'fanout', destinations: 1 }, ports, folder),
      ports.listen,
      folder,
      children,
    );
    const sender = fork(join(import.meta.dirname, 'notes-sender.ts'));
    children.push(sender);
    const rounds = Number(values.rounds);
    sender.send({
      port: ports.listen,
      rounds,
      connections: Number(values.connections),
    } satisfies NotesRequest);
    const [sent] = (await once(sender, 'message')) as [NotesSent];
    await sleep(SETTLE_MS);
    const url = `http://127.0.0.1:${ports.http}`;
    const isGood = compare(sent, (await (await fetch(`${url}/api/traffic`)).json()) as TrafficReport);
    const sluice = resolve(import.meta.dirname, '../bin/sluice');
    console.log(execFileSync(sluice, ['tune', '--url', url], { encoding: 'utf8' }));
    return isGood;
  } finally {
    for (const child of children) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
