// GET /api/tail?match=&route=&reason=&input=&rate=: single lines as they pass, as server-sent events: `watching`, then `line`,
// `status` each second and `note`, then `end`. Open to whoever may read: lines with their senders are in /badMetrics too.
//
// The stream is pulled: it asks for more when the client has taken what it had. What a client does not read waits in its
// TailWatch, within bounds, and nothing here waits for it.
import type { Context } from 'hono';
import {
  TAIL_RATE,
  TAIL_RATE_MAX,
  type TailEvent,
  type TailWatch,
} from '../../telemetry/tail/tail-report.ts';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';
import { RateLimit } from './rate-limit.ts';

const PATH = '/api/tail';
/** A regex must be compiled for each, so that they are few: a second, and at once. */
const STARTS_PER_SECOND = 5;
const STARTS_BURST = 20;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies such as nginx would gather lines.
  'x-accel-buffering': 'no',
};

/** Adds the look at lines. */
export const addTailRoutes: RouteGroup = (app, { tail, clock }) => {
  const starts = new RateLimit({ perSecond: STARTS_PER_SECOND, burst: STARTS_BURST }, clock);
  app.get(PATH, (c) => {
    // It could read nothing, and would take a place away from others.
    if (c.req.header('sec-fetch-site') === 'cross-site') {
      return renderError(c, 403, 'a page of another site may not look at lines');
    }
    const rate = readRate(c);
    if (rate === undefined) return renderError(c, 400, `rate is a whole number from 1 to ${TAIL_RATE_MAX}`);
    if (c.req.method === 'HEAD') return c.body(null, 200, HEADERS);
    if (!starts.tryTake()) {
      c.header('retry-after', '1');
      return renderError(c, 429, `more than ${STARTS_PER_SECOND} looks are begun a second`);
    }
    const ask = (name: string): string | undefined => c.req.query(name);
    const query = { match: ask('match'), route: ask('route'), reason: ask('reason'), input: ask('input') };
    const watch = tail.watch({ ...query, ratePerSec: rate });
    if ('error' in watch) return renderError(c, watch.isBusy ? 503 : 400, watch.error);
    return c.body(streamOf(watch), 200, HEADERS);
  });
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};

function readRate(c: Context): number | undefined {
  const text = c.req.query('rate') ?? String(TAIL_RATE);
  const rate = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return rate >= 1 && rate <= TAIL_RATE_MAX ? rate : undefined;
}

function streamOf(watch: TailWatch): ReadableStream<Uint8Array> {
  let isGone = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const events = await watch.next();
        if (isGone) return;
        if (events === undefined) controller.close();
        else controller.enqueue(Buffer.from(events.map(renderEvent).join('')));
      },
      cancel() {
        isGone = true;
        watch.stop();
      },
    },
    { highWaterMark: 0 },
  );
}

function renderEvent({ event, data }: TailEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
