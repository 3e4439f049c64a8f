// GET /api/traffic: what came in, on four time scales (telemetry/traffic/traffic.ts).
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

const PATH = '/api/traffic';
const TRACE_PATH = '/api/traffic/trace';
/** Longest recording; a client that hears nothing for a minute is cut off. */
export const TRACE_SECONDS_MAX = 50;

/** Adds the traffic. */
export const addTrafficRoutes: RouteGroup = (app, { view }) => {
  app.get(PATH, (c) => c.json(view.traffic()));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
  app.get(TRACE_PATH, async (c) => {
    const seconds = Number(c.req.query('seconds') ?? '10');
    if (!(seconds > 0 && seconds <= TRACE_SECONDS_MAX)) {
      return renderError(c, 400, `seconds: a number above 0, at most ${TRACE_SECONDS_MAX}`);
    }
    const trace = await view.recordTraffic(seconds);
    return trace === undefined ? renderError(c, 429, 'another recording is under way') : c.json(trace);
  });
  refuseOtherMethods(app, TRACE_PATH, ['GET']);
};
