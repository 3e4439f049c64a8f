// An admin server on a free loopback port with a fake relay behind it, for tests.
import net from 'node:net';
import type { TestContext } from 'node:test';
import type { Hono } from 'hono';
import type { AdminSources } from '../../../src/admin/http/http-context.ts';
import { makeHttpApp } from '../../../src/admin/http/http-app.ts';
import { AdminHttpServer, type HttpServerOptions } from '../../../src/admin/http/http-server.ts';
import { BadMetrics } from '../../../src/telemetry/bad-metrics.ts';
import { Profiler } from '../../../src/telemetry/profiler.ts';
import { MetricRegistry } from '../../../src/telemetry/registry.ts';
import type { TuneFacts } from '../../../src/telemetry/tune/tune-facts.ts';
import { SeriesTop } from '../../../src/telemetry/top/series-top.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { silentLog } from '../../../src/util/log.ts';
import { fakeTable } from '../fake-table.ts';
import { FakeView } from '../../telemetry/fake-view.ts';

export class HttpBench {
  readonly view = new FakeView();
  readonly badMetrics = new BadMetrics({ maxAgeMs: 3_600_000 }, { clock: systemClock });
  readonly profiler = new Profiler(systemClock);
  tuneFacts: TuneFacts = {
    version: '1.2.3',
    instance: 'test',
    uptimeSec: 10,
    cpuSec: 1,
    traffic: this.view.traffic(),
    destinations: [],
  };
  readonly top = new SeriesTop({
    clock: { monotonicMs: () => this.view.nowMs },
    random: () => 0,
    routeOf: (output) => `route-${output}`,
    routeLines: () => new Map([['route-1', this.view.counts.received]]),
  });
  readonly logLines: string[] = [];
  readonly accessLines: string[] = [];
  readonly server: AdminHttpServer;
  readonly app: Hono;

  constructor(
    options: Partial<HttpServerOptions> = {},
    sources: Partial<
      Pick<AdminSources, 'spools' | 'reload' | 'changes' | 'table' | 'writePolicy' | 'measure' | 'tail'>
    > = {},
  ) {
    const { measure = true } = sources;
    const log = {
      ...silentLog,
      info: (line: string) => this.logLines.push(line),
      warn: (line: string) => this.logLines.push(`warn ${line}`),
      error: (line: string) => this.logLines.push(`error ${line}`),
    };
    const metrics = new MetricRegistry(
      { processMetrics: false, measure },
      { view: this.view, watch: { unbalancedChecks: 0 }, badMetrics: this.badMetrics, log: { lost: 0 } },
    );
    const app = (this.app = makeHttpApp(
      {
        view: this.view,
        measure,
        tuneFacts: async () => this.tuneFacts,
        badMetrics: this.badMetrics,
        metrics,
        profiler: this.profiler,
        debugVars: () => '{}\n',
        top: this.top,
        tail: { watch: () => ({ error: 'nobody may look', isBusy: true }) },
        table: fakeTable(),
        writePolicy: { token: '', allowRemote: false },
        ...sources,
      },
      { log, clock: systemClock },
    ));
    const accessLog = (line: string) => this.accessLines.push(line);
    this.server = new AdminHttpServer(
      { addr: '127.0.0.1:0', ...options },
      { app, log, clock: systemClock, accessLog },
    );
  }

  /** Starts it and stops it at the end of the test. */
  async start(t: TestContext): Promise<this> {
    await this.server.start();
    t.after(() => this.server.stop());
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  get(
    path: string,
    init: { method?: string; body?: Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(this.url + path, { ...init, headers: { connection: 'close', ...init.headers } });
  }

  /** Sends raw bytes and gives back everything that came until the server closed, at most `deadlineMs` later. */
  raw(bytes: string | Uint8Array, deadlineMs = 60_000): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = net.connect(this.server.port ?? 0, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.setTimeout(deadlineMs, () => {
      socket.destroy();
      reject(new Error(`no end after ${deadlineMs} ms, got ${answer.slice(0, 200)}`));
    });
    socket.on('close', () => resolve(answer));
    socket.write(bytes);
    return promise;
  }
}
