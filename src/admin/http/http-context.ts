// What the groups of HTTP paths get handed in, and the form of their answers.
// As in crng, an answer is JSON, and an error is `{"error":"…"}` as text/plain with a fitting status.
import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { WritePolicy } from '../../config/config.ts';
import type { BadMetrics } from '../../telemetry/bad-metrics.ts';
import type { Profiler } from '../../telemetry/profiler.ts';
import type { MetricRegistry } from '../../telemetry/registry.ts';
import type { RelayView } from '../../telemetry/relay-view.ts';
import type { TailAdmin } from '../../telemetry/tail/tail-report.ts';
import type { TuneFacts } from '../../telemetry/tune/tune-facts.ts';
import type { Clock } from '../../util/clock.ts';
import type { ChangeAdmin } from './change-routes.ts';
import type { ReloadConfig } from './reload-routes.ts';
import type { SpoolAdmin } from './spool-routes.ts';
import type { TableAdmin } from '../table-admin.ts';
import type { TopAdmin } from './top-routes.ts';

/** What admin pages read and change. */
export interface AdminSources {
  readonly table: TableAdmin;
  readonly writePolicy: WritePolicy;
  readonly view: RelayView;
  /** False: nothing is measured beyond the books. */
  readonly measure: boolean;
  readonly badMetrics: Pick<BadMetrics, 'list'>;
  readonly metrics: Pick<MetricRegistry, 'render' | 'contentType'>;
  readonly top: TopAdmin;
  readonly tail: TailAdmin;
  readonly profiler: Pick<Profiler, 'busy' | 'watchEventLoop' | 'takeCpuProfile' | 'takeHeapSnapshot'>;
  /** Collects what `sluice tune` explains. */
  readonly tuneFacts: () => Promise<TuneFacts>;
  /** Renders GET /debug/vars2. */
  readonly debugVars: () => string;
  /** Absent: a relay whose table does not change. */
  readonly changes?: ChangeAdmin | undefined;
  /** Absent: a relay that cannot read its config again. */
  readonly reload?: ReloadConfig | undefined;
  /** Absent: a relay that keeps nothing on disk. */
  readonly spools?: SpoolAdmin | undefined;
}

/** What a group of paths gets; `guardWrites` stands before every path that changes something. */
export interface RouteSources extends AdminSources {
  readonly guardWrites: MiddlewareHandler;
  readonly clock: Clock;
}

/** Adds one group of paths to the application. */
export type RouteGroup = (app: Hono, sources: RouteSources) => void;

/** Answers with `{"error": message}`. */
export function renderError(
  c: Context,
  status: 400 | 401 | 403 | 404 | 405 | 411 | 413 | 429 | 500 | 503,
  message: string,
): Response {
  return c.body(`${JSON.stringify({ error: message })}\n`, status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
}

/** Answers every method of `path` that no handler before it took; `methods` are those that exist. */
export function refuseOtherMethods(app: Hono, path: string, methods: readonly string[]): void {
  app.all(path, (c) => {
    c.header('allow', methods.join(', '));
    return renderError(c, 405, 'method not allowed');
  });
}
