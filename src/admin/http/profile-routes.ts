// /debug/pprof/: profiles of the running process, for developer tools. A heap snapshot holds what memory holds, secrets too,
// so these paths ask for more than others: with an admin_token only its holder, without one only this machine.
//
//   GET /debug/pprof/                    what there is, and how the event loop did within a second
//   GET /debug/pprof/profile?seconds=N   a CPU profile (.cpuprofile), 10 s unless said otherwise
//   GET /debug/pprof/heap                a heap snapshot (.heapsnapshot)
import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';
import { makePrivateGuard } from './write-guard.ts';

const PATH = '/debug/pprof';

/** Longest CPU profile, and the one that is taken when nothing is said. */
export const PROFILE_SECONDS_MAX = 60;
const PROFILE_SECONDS = 10;
/** A connection is kept for the profile and this much longer, ms. */
const GRACE_MS = 30_000;

/** How long the event loop is watched for the index. */
const WATCH_MS = 1000;

const INDEX = [
  { path: `${PATH}/profile?seconds=${PROFILE_SECONDS}`, what: 'CPU profile, open it as .cpuprofile' },
  { path: `${PATH}/heap`, what: 'heap snapshot, open it as .heapsnapshot; the relay stands still meanwhile' },
];

/** Adds the profiles. */
export const addProfileRoutes: RouteGroup = (app, { profiler, writePolicy }) => {
  const guard = makePrivateGuard(writePolicy);

  app.get(`${PATH}/`, guard, async (c) => {
    const eventLoop = await profiler.watchEventLoop(WATCH_MS, c.req.raw.signal);
    return c.json({ busy: profiler.busy ?? null, eventLoop, profiles: INDEX });
  });
  refuseOtherMethods(app, `${PATH}/`, ['GET', 'HEAD']);

  app.get(`${PATH}/profile`, guard, async (c) => {
    if (c.req.method === 'HEAD') return c.body(null);
    const text = c.req.query('seconds') ?? String(PROFILE_SECONDS);
    const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (seconds < 1 || seconds > PROFILE_SECONDS_MAX)
      return renderError(c, 400, `seconds is a whole number from 1 to ${PROFILE_SECONDS_MAX}`);
    // Nothing moves on the connection meanwhile.
    incomingOf(c)?.setTimeout(seconds * 1000 + GRACE_MS);
    const profile = await profiler.takeCpuProfile(seconds * 1000, c.req.raw.signal);
    if (profile === undefined) return renderBusy(c);
    return c.json(profile, 200, attachment('sluice.cpuprofile'));
  });
  refuseOtherMethods(app, `${PATH}/profile`, ['GET', 'HEAD']);

  app.get(`${PATH}/heap`, guard, (c) => {
    if (c.req.method === 'HEAD') return c.body(null);
    const snapshot = profiler.takeHeapSnapshot();
    if (snapshot === undefined) return renderBusy(c);
    const body = Readable.toWeb(snapshot) as ReadableStream;
    return c.body(body, 200, { 'content-type': 'application/json', ...attachment('sluice.heapsnapshot') });
  });
  refuseOtherMethods(app, `${PATH}/heap`, ['GET', 'HEAD']);
};

function renderBusy(c: Context): Response {
  return renderError(c, 503, 'another profile is being taken; one at a time');
}

function attachment(name: string): Record<string, string> {
  return { 'content-disposition': `attachment; filename="${name}"` };
}

function incomingOf(c: Context): IncomingMessage['socket'] | undefined {
  return (c.env as { incoming?: IncomingMessage } | undefined)?.incoming?.socket;
}
