// Asks a relay over HTTP again and again, and keeps how long the answers took.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayProcess } from '../e2e/relay-process.ts';

const PATHS = ['/metrics', '/badMetrics/1h.json', '/healthz', '/api/ledger'];
const PAUSE_MS = 250;
const DEADLINE_MS = 10_000;

/** Asks until it is stopped. */
export class HttpProbe {
  answers = 0;
  longestMs = 0;
  longestPath = '';
  readonly failures: string[] = [];
  readonly #relay: RelayProcess;
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(relay: RelayProcess) {
    this.#relay = relay;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  /** One line of figures. */
  render(): string {
    return `${this.answers} answers, slowest ${this.longestMs.toFixed(0)} ms (${this.longestPath}), failures: ${this.failures.length}`;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const path of PATHS) await this.#ask(path);
      await sleep(PAUSE_MS);
    }
  }

  async #ask(path: string): Promise<void> {
    const startMs = performance.now();
    try {
      const url = `http://127.0.0.1:${this.#relay.httpPort}${path}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
      const body = await response.text();
      this.answers++;
      if (response.status !== 200) this.failures.push(`${path}: ${response.status}`);
      if (path === '/api/ledger' && !body.includes('"balanced":true')) this.failures.push(body);
    } catch (error) {
      this.failures.push(`${path}: ${String(error)}`);
    }
    const tookMs = performance.now() - startMs;
    if (tookMs <= this.longestMs) return;
    this.longestMs = tookMs;
    this.longestPath = path;
  }
}
