// What the paths of measurements answer where there are none: that, and no zeros that look like figures.
import { type RouteGroup, renderError } from './http-context.ts';

/** What is said of anything that is not measured. */
export const NOT_MEASURED =
  'not measured: measure is false; set it to true in the config and restart the relay';

const PATHS = ['/api/traffic', '/api/traffic/trace', '/api/timings', '/api/tune', '/api/series/top'] as const;

/** Stands before the paths themselves, and lets nothing through where nothing is measured. */
export const addUnmeasuredRoutes: RouteGroup = (app, { measure }) => {
  if (measure) return;
  for (const path of PATHS) app.all(path, (c) => renderError(c, 404, NOT_MEASURED));
};
