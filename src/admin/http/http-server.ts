// The admin HTTP listener: sockets, limits and the access log around the application.
// Whatever a client sends or leaves out, it costs at most one bounded connection for a bounded time.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { LogLimiter } from '../../telemetry/log-limiter.ts';
import type { Clock } from '../../util/clock.ts';
import type { Log } from '../../util/log.ts';
import { renderAccessLine } from './access-log.ts';
import { listen } from '../listen.ts';

/** Bounds of the listener; the defaults suit an admin port. */
export interface HttpServerOptions {
  /** `http_addr`, in Go's form. */
  readonly addr: string;
  /** Connections open at once; more are closed on arrival. */
  readonly connectionsMax?: number;
  /** Time to send the whole request, ms. */
  readonly requestTimeoutMs?: number;
  /** Time without a byte in either direction, ms: a client that does not read its answer. */
  readonly idleTimeoutMs?: number;
}

const CONNECTIONS_MAX = 256;
const REQUEST_TIMEOUT_MS = 20_000;
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 5000;
const HEADER_BYTES_MAX = 16 * 1024;
/** How often connections are checked against the request timeout. */
const TIMEOUT_CHECK_MS = 1000;
/** Clients turned away are said this often. */
const REPEAT_MS = 60_000;

/** What the server needs from outside; `accessLog` takes whole lines (stdout). */
export interface HttpServerDependencies {
  readonly app: Hono;
  readonly log: Log;
  readonly clock: Clock;
  readonly accessLog: (line: string) => void;
}

/** Serves the admin application. */
export class AdminHttpServer {
  readonly #addr: string;
  readonly #server: Server;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(options: HttpServerOptions, dependencies: HttpServerDependencies) {
    const { app, log, clock, accessLog } = dependencies;
    const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    const idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    this.#addr = options.addr;
    this.#log = log;
    this.#clock = clock;
    this.#server = createAdaptorServer({
      fetch: (request, env) => app.fetch(request, env),
      overrideGlobalObjects: false,
      // HTTP/1.0 has no Host; without one a URL cannot be made.
      hostname: 'localhost',
      serverOptions: {
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
        keepAliveTimeout: Math.min(KEEP_ALIVE_TIMEOUT_MS, idleTimeoutMs),
        maxHeaderSize: HEADER_BYTES_MAX,
      },
    }) as Server;
    const connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
    this.#server.maxConnections = connectionsMax;
    const limiter = new LogLimiter({}, { log, clock });
    this.#server.on('drop', () => {
      const message = `admin HTTP: a client was turned away, ${connectionsMax} connections are open`;
      limiter.limited('drop', REPEAT_MS).warn(message);
    });
    this.#server.setTimeout(idleTimeoutMs);
    this.#server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const startBytes = request.socket.bytesWritten;
      const remote = request.socket.remoteAddress ?? '-';
      response.on('close', () => {
        const bytes = bodyBytes(response, request.socket.bytesWritten - startBytes);
        accessLog(renderAccessLine(request, response, { remote, bytes, wallMs: clock.wallMs() }));
      });
    });
  }

  /** The port it listens on; undefined when it does not. */
  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port;
  }

  /** Listens, or rejects with one clear sentence in crng's words. */
  async start(): Promise<void> {
    const shown = await listen(this.#server, this.#addr, 'http_addr');
    this.#server.on('error', (error) => this.#log.error(`admin HTTP listener: ${error.message}`));
    this.#log.info(`admin HTTP listener starting on ${shown}`);
  }

  /** Stops listening and lets answers under way finish until `deadlineMs` from now, then cuts them. */
  async drain(deadlineMs: number): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(deadlineMs, () => this.#server.closeAllConnections());
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    await promise;
    cancel();
  }

  /** Stops at once. */
  async stop(): Promise<void> {
    await this.drain(0);
  }
}

/** The size of the answer's body: what went out, less the headers, which node:http keeps as text in `_header`. */
function bodyBytes(response: ServerResponse, sentBytes: number): number {
  const header = (response as ServerResponse & { readonly _header?: string | null })._header;
  return Math.max(0, sentBytes - (header?.length ?? 0));
}
