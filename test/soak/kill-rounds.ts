// SIGKILL for the relay at random moments, again and again on one spool folder, under load and with a sink that dies too.
//
//   sender ──50,000/s──▶ relay ──▶ sink            what is asked after each kill, and at the end
//   numbered lines,      killed,   killed,          · lines that `sluice spool cat` lists: each arrives
//   with their times     started   started          · lines that never arrive: sent shortly before a kill
//                        again     again            · `sluice spool verify`: nothing is damaged; the start is never held up
//
// A line that the sink's kernel had and the sink had not read dies with the sink, unless the relay lives to send it again
// from its redo window, which is memory. So such a line is excused by a kill of the sink that a kill of the relay followed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../bench/e2e-run.ts';
import { seededRandom } from '../destination/spool/spool-rig.ts';
import { makeFolder, RelayProcess, routeTo, SLUICE } from '../e2e/relay-process.ts';
import { Child, startRecordingSink } from './children.ts';
import { type FileReading, LineBytes, tallyFile } from './line-tally.ts';
import { LINE_BYTES } from './numbered-lines.ts';
import { monotonicMicros, type PersistentReply, type SentLog } from './persistent-sender.ts';

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly rate: number;
}

/** A moment at which a process was killed: before the signal, and when it had ended. */
interface Kill {
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** What came of it all. */
export interface KillSummary {
  readonly relayKills: number;
  readonly sinkKills: number;
  readonly sent: number;
  /** Lines that were listed on disk after some kill, each counted once. */
  readonly listed: number;
  /** Of these, those that never arrived. */
  readonly listedMissing: number;
  readonly missing: number;
  /** Missing lines that no kill excuses. */
  readonly unexcused: number;
  /** Missing lines that the kernel of a killed sink held. */
  readonly diedWithSink: number;
  /** The longest time from sending to the kill that took a line with it, ms. */
  readonly oldestMissingMs: number;
  readonly again: number;
  /** Most lines that one connection to the sink brought again. */
  readonly againMax: number;
  /** Damaged lines, the last line of a connection that was cut set aside. */
  readonly damaged: readonly string[];
  /** What `verify` found damaged. */
  readonly verdicts: readonly string[];
  readonly slowestStartMs: number;
}

const CONNECTIONS = 4;
const KEY_ROUTE = 'all';
/** docs/spool.md: memory holds at most 1.25 s of lines; what is beyond it is the system's time to run us. */
export const WINDOW_MS = 1250;
const SLACK_MS = 750;
/** The window of what is sent again, and what replay may send before the cursor is saved. */
export const AGAIN_LINES_MAX: number = Math.ceil((8 * 2 ** 20 + 2 ** 20) / LINE_BYTES) + 60_000;
const DRAINED_MS = 300_000;

/** Lives of processes, ms: mostly short, sometimes long enough to catch up. */
function lifeMs(random: () => number): number {
  return random() < 0.7 ? 50 + random() * 1500 : 2000 + random() * 3000;
}

/** Kills the sink and starts it again until it is told to stop; then it runs. */
class DyingSink {
  readonly kills: Kill[] = [];
  readonly #t: TestContext;
  readonly #folder: string;
  readonly #random: () => number;
  #child: Child<{ kind: 'listening'; port: number }> | undefined;
  #port = 0;
  #over = false;
  #dying: Promise<void> | undefined;

  constructor(t: TestContext, folder: string, random: () => number) {
    this.#t = t;
    this.#folder = folder;
    this.#random = random;
  }

  get addr(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await this.#listen();
    this.#dying = this.#die();
  }

  /** Lets it live from now on. */
  async settle(): Promise<void> {
    this.#over = true;
    await this.#dying;
  }

  async end(): Promise<void> {
    await this.#child?.end();
  }

  async #listen(): Promise<void> {
    const sink = await startRecordingSink(this.#t, this.#folder, this.#port);
    this.#child = sink.child;
    this.#port = sink.port;
  }

  async #die(): Promise<void> {
    while (!this.#over) {
      await sleep(lifeMs(this.#random));
      if (this.#over) return;
      const fromMicros = monotonicMicros();
      await this.#child?.end();
      this.kills.push({ fromMicros, toMicros: monotonicMicros() });
      await sleep(this.#random() * 1500);
      await this.#listen();
    }
  }
}

/** A relay that is started and killed on one folder. */
class MortalRelay {
  readonly kills: Kill[] = [];
  readonly verdicts: string[] = [];
  slowestStartMs = 0;
  readonly #t: TestContext;
  readonly #folder: string;
  readonly #config: string;
  readonly #key: string;

  constructor(t: TestContext, port: number, sinkAddr: string) {
    this.#t = t;
    this.#folder = makeFolder(t);
    this.#config = join(this.#folder, 'relay.toml');
    this.#key = `${KEY_ROUTE}_${sinkAddr.replaceAll(/[.:]/g, '_')}`;
    const head = ['instance = "kill"', `listen_addr = "127.0.0.1:${port}"`, 'http_addr = "127.0.0.1:0"'];
    head.push('log_level = "info"', 'spool_dir = "spool"', 'bad_metrics_max_age = "1h"');
    writeFileSync(this.#config, `${head.join('\n')}\n${routeTo(`${sinkAddr} reconn=200`)}`);
  }

  async start(): Promise<RelayProcess> {
    const startMs = performance.now();
    const args = ['run', '--config', this.#config];
    const relay = new RelayProcess(this.#t, { args, folder: this.#folder });
    await relay.untilLogged('is running as instance');
    this.slowestStartMs = Math.max(this.slowestStartMs, performance.now() - startMs);
    return relay;
  }

  async kill(relay: RelayProcess): Promise<void> {
    const fromMicros = monotonicMicros();
    relay.kill('SIGKILL');
    await relay.exited();
    this.kills.push({ fromMicros, toMicros: monotonicMicros() });
  }

  /** Lists what is on disk into `into`. */
  async list(into: LineBytes): Promise<FileReading> {
    const file = join(this.#folder, 'listed');
    const { code, errors } = await this.#spool('cat', file);
    if (code !== 0) this.verdicts.push(`cat ended with ${code}: ${errors}`);
    return tallyFile(file, into);
  }

  async verify(): Promise<void> {
    const { code, errors } = await this.#spool('verify', join(this.#folder, 'verdict'));
    if (code !== 0) this.verdicts.push(`verify ended with ${code}: ${errors}`);
  }

  async #spool(command: string, outFile: string): Promise<{ code: number; errors: string }> {
    const out = openSync(outFile, 'w');
    const args = ['spool', command, this.#key, '--config', this.#config];
    const child = spawn(SLUICE, args, { cwd: this.#folder, stdio: ['ignore', out, 'pipe'] });
    let errors = '';
    child.stderr?.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    closeSync(out);
    return { code, errors };
  }
}

/** Waits until nothing waits any more. What is on disk is in no ledger before the disk has been opened. */
async function untilDrained(relay: RelayProcess): Promise<void> {
  const end = performance.now() + DRAINED_MS;
  for (;;) {
    const [spool] = (await (await relay.get('/api/spools')).json()) as { readonly state: string }[];
    const [row] = (await relay.ledger()).destinations;
    if (spool?.state === 'ready' && row?.queued === 0 && row.spooled === 0) return;
    if (performance.now() > end) throw new Error(`lines still wait: ${JSON.stringify(row)}`);
    await sleep(100);
  }
}

/** Runs it all; `say` hears how far it is. */
export async function runKillRounds(
  t: TestContext,
  { rounds, seed, rate }: KillOptions,
  say: (text: string) => void = () => undefined,
): Promise<KillSummary> {
  const random = seededRandom(seed);
  const recorded = join(makeFolder(t), 'recorded');
  mkdirSync(recorded);
  const sink = new DyingSink(t, recorded, seededRandom(seed + 1));
  await sink.start();
  const port = await freePort();
  const mortal = new MortalRelay(t, port, sink.addr);
  const sender = new Child<PersistentReply>(t, 'persistent-sender.ts');
  sender.send({ port, connections: CONNECTIONS, rate });
  const listed = new LineBytes();
  const damaged: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const relay = await mortal.start();
    await sleep(lifeMs(random));
    await mortal.kill(relay);
    const found = await mortal.list(listed);
    damaged.push(...found.damaged, ...(found.fragment === '' ? [] : [found.fragment]));
    if (round % 5 === 0) await mortal.verify();
    say(`round ${round}: ${found.lines} lines on disk`);
  }
  await sink.settle();
  const last = await mortal.start();
  sender.send({});
  const { connections } = await sender.reply('log');
  await untilDrained(last);
  await last.terminate();
  await sink.end();
  const arrived = new LineBytes();
  const readings = readdirSync(recorded)
    .toSorted()
    .map((name) => tallyFile(join(recorded, name), arrived));
  for (const reading of readings) damaged.push(...reading.damaged);
  return {
    relayKills: mortal.kills.length,
    sinkKills: sink.kills.length,
    again: readings.reduce((sum, reading) => sum + reading.again, 0),
    againMax: Math.max(...readings.map((reading) => reading.again)),
    damaged,
    verdicts: mortal.verdicts,
    slowestStartMs: mortal.slowestStartMs,
    ...judge({ connections, arrived, listed, relayKills: mortal.kills, sinkKills: sink.kills }),
  };
}

interface Evidence {
  readonly connections: readonly SentLog[];
  readonly arrived: LineBytes;
  readonly listed: LineBytes;
  readonly relayKills: readonly Kill[];
  readonly sinkKills: readonly Kill[];
}

/** Finds out for every line that is missing which kill took it. */
function judge({ connections, arrived, listed, relayKills, sinkKills }: Evidence) {
  const sum = { sent: 0, listed: 0, listedMissing: 0, missing: 0, unexcused: 0, diedWithSink: 0 };
  let oldestMissingMs = 0;
  for (const [connection, { lines, first, micros }] of connections.entries()) {
    sum.sent += lines;
    for (let at = 0, number = 0; number < lines; number++) {
      while ((first[at + 1] ?? Number.POSITIVE_INFINITY) <= number) at++;
      const isListed = listed.at(connection, number) > 0;
      if (isListed) sum.listed++;
      if (arrived.at(connection, number) > 0) continue;
      sum.missing++;
      if (isListed) sum.listedMissing++;
      const sentMicros = micros[at] ?? 0;
      const ageMs = msBefore(sentMicros, relayKills);
      const sinkAgeMs = msBefore(sentMicros, sinkKills);
      if (ageMs <= WINDOW_MS + SLACK_MS) oldestMissingMs = Math.max(oldestMissingMs, ageMs);
      else if (sinkAgeMs <= WINDOW_MS + SLACK_MS) sum.diedWithSink++;
      else sum.unexcused++;
    }
  }
  return { ...sum, oldestMissingMs };
}

/** How long after a line was sent the next kill came, ms; 0 when it was sent to what was dead already. */
function msBefore(sentMicros: number, kills: readonly Kill[]): number {
  const next = kills.find(({ toMicros }) => toMicros + SLACK_MS * 1000 >= sentMicros);
  // A sender learns of the end a moment late.
  return next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, next.fromMicros - sentMicros) / 1000;
}

/** Renders a summary as one line. */
export function renderKillSummary(summary: KillSummary): string {
  const { sent, missing, damaged, verdicts } = summary;
  return [
    `${summary.relayKills} kills of the relay, ${summary.sinkKills} of the sink: ${sent} lines sent`,
    `${summary.listed} listed on disk after a kill, ${summary.listedMissing} of these missing`,
    `${missing} missing (${((100 * missing) / sent).toFixed(2)} %), ${summary.unexcused} without excuse`,
    `${summary.diedWithSink} with the sink, the oldest sent ${summary.oldestMissingMs.toFixed(0)} ms before the kill`,
    `${summary.again} twice, at most ${summary.againMax} on a connection (bound ${AGAIN_LINES_MAX})`,
    `${damaged.length} damaged, ${verdicts.length} bad verdicts, slowest start ${summary.slowestStartMs.toFixed(0)} ms`,
  ].join('; ');
}
