// What the groups of HTTP paths get handed in, and the form of their answers.
// As in crng, an answer is JSON, and an error is `{"error":"…"}` as text/plain with a fitting status.
import type { Context, Hono } from 'hono';
import type { BadMetrics } from '../telemetry/bad-metrics.ts';
import type { MetricRegistry } from '../telemetry/registry.ts';
import type { RelayView } from '../telemetry/relay-view.ts';
import type { ChangeAdmin } from './change-routes.ts';
import type { ReloadConfig } from './reload-routes.ts';
import type { SpoolAdmin } from './spool-routes.ts';

/** What admin pages read. */
export interface AdminSources {
  readonly view: RelayView;
  readonly badMetrics: Pick<BadMetrics, 'list'>;
  readonly metrics: Pick<MetricRegistry, 'render' | 'contentType'>;
  /** Absent: a relay whose table does not change. */
  readonly changes?: ChangeAdmin | undefined;
  /** Absent: a relay that cannot read its config again. */
  readonly reload?: ReloadConfig | undefined;
  /** Absent: a relay that keeps nothing on disk. */
  readonly spools?: SpoolAdmin | undefined;
}

/** Adds one group of paths to the application. */
export type RouteGroup = (app: Hono, sources: AdminSources) => void;

/** Answers with `{"error": message}`. */
export function renderError(
  c: Context,
  status: 400 | 403 | 404 | 405 | 411 | 413 | 500 | 503,
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
