// The real command as a child process: started on free ports with a config in a temporary folder, waited for by the lines
// it logs, asked for its ledger over HTTP, ended by signals. Whatever happens, it ends with the test.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../src/telemetry/ledger.ts';

/** The command of this checkout. */
export const SLUICE: string = resolve(import.meta.dirname, '../../bin/sluice');

/** For what must happen: only a relay that hangs takes so long, however slow the machine is. */
const DEADLINE_MS = 180_000;
const POLL_MS = 5;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What `launch` needs to know. */
export interface LaunchOptions {
  readonly args: readonly string[];
  /** Working folder; the child writes nowhere else. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where its standard output goes, when nobody is to read it: a pipe of ours, or a descriptor. */
  readonly unreadOutput?: 'pipe' | number;
  /** Other than the command of this checkout. */
  readonly command?: string;
}

/** A running or ended relay. */
export class RelayProcess {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  #stderr = '';
  #stdout = '';

  constructor(t: TestContext, { args, folder, env, command, unreadOutput }: LaunchOptions) {
    this.folder = folder;
    const child = spawn(command ?? SLUICE, args, {
      cwd: folder,
      // A test runner's own variables would make the child speak to it.
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
      stdio: ['ignore', unreadOutput ?? 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#stderr += data.toString();
    });
    if (unreadOutput === undefined) {
      child.stdout?.on('data', (data: Buffer) => {
        this.#stdout += data.toString();
      });
    }
    this.#exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
    t.after(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await this.#exit;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it logged so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Port of the plain listener. */
  get port(): number {
    return this.#portIn(/listening on \S*?:(\d+)\/tcp/);
  }

  /** Port of the HTTP listener. */
  get httpPort(): number {
    return this.#portIn(/admin HTTP listener starting on \S*?:(\d+)/);
  }

  /** Port of the telnet listener. */
  get telnetPort(): number {
    return this.#portIn(/admin TCP listener starting on \S*?:(\d+)/);
  }

  /** Waits for a text in the log. */
  async untilLogged(text: string | RegExp): Promise<void> {
    await this.#until(`the log says ${text}`, () =>
      typeof text === 'string' ? this.#stderr.includes(text) : text.test(this.#stderr),
    );
  }

  /** Gets a path over HTTP. */
  async get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.httpPort}${path}`);
  }

  async ledger(): Promise<Ledger> {
    return (await (await this.get('/api/ledger')).json()) as Ledger;
  }

  /** Waits until the ledger satisfies a condition; returns it. */
  async untilLedger(what: string, holds: (ledger: Ledger) => boolean): Promise<Ledger> {
    const end = performance.now() + DEADLINE_MS;
    for (;;) {
      const ledger = await this.ledger();
      if (holds(ledger)) return ledger;
      if (performance.now() > end) {
        throw new Error(`not within ${DEADLINE_MS} ms: ${what}: ${JSON.stringify(ledger)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits until it says that it can take no more. */
  async untilNotReady(): Promise<void> {
    const end = performance.now() + DEADLINE_MS;
    while ((await this.get('/readyz')).status === 200) {
      if (performance.now() > end) throw new Error(`still ready after ${DEADLINE_MS} ms`);
      await sleep(POLL_MS);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for the end; fails when it does not come. */
  async exited(): Promise<Exit> {
    const timeout = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`the relay did not end within ${DEADLINE_MS} ms:\n${this.#stderr}`);
    });
    return Promise.race([this.#exit, timeout]);
  }

  /** Ends it with SIGTERM; returns how it ended and the ledger it printed last. */
  async terminate(): Promise<{ readonly exit: Exit; readonly ledger: Ledger }> {
    this.kill('SIGTERM');
    const exit = await this.exited();
    return { exit, ledger: this.finalLedger() };
  }

  /** Reads the ledger that was printed at the end. */
  finalLedger(): Ledger {
    const text = /final ledger: (\{.*\})/.exec(this.#stderr)?.[1];
    if (text === undefined) throw new Error(`no final ledger in the log:\n${this.#stderr}`);
    return JSON.parse(text) as Ledger;
  }

  #portIn(pattern: RegExp): number {
    const port = pattern.exec(this.#stderr)?.[1];
    if (port === undefined) throw new Error(`no port in the log:\n${this.#stderr}`);
    return Number(port);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const end = performance.now() + DEADLINE_MS;
    while (!holds()) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (hasEnded || performance.now() > end) {
        throw new Error(`${hasEnded ? 'ended before' : 'not in time'}: ${what}\n${this.#stderr}`);
      }
      await sleep(POLL_MS);
    }
  }
}

/** Makes a folder that goes with the test. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The top of a config: loopback, free ports. */
export const CONFIG_HEAD = `instance = "test"
log_level = "info"
bad_metrics_max_age = "1h"
listen_addr = "127.0.0.1:0"
http_addr = "127.0.0.1:0"
`;

/** Starts a relay with CONFIG_HEAD and what follows; resolves when it listens. */
export async function startRelay(t: TestContext, configRest: string): Promise<RelayProcess> {
  const folder = makeFolder(t);
  const file = join(folder, 'relay.toml');
  writeFileSync(file, CONFIG_HEAD + configRest);
  const relay = new RelayProcess(t, { args: ['run', '--config', file], folder });
  await relay.untilLogged('is running as instance');
  return relay;
}

/** One route that takes everything to some destinations. */
export function routeTo(...destinations: readonly string[]): string {
  const list = destinations.map((destination) => `"${destination}"`).join(', ');
  return `[[route]]\nkey = "all"\ntype = "sendAllMatch"\ndestinations = [${list}]\n`;
}
