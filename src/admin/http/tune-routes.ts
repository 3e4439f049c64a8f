// GET /api/tune: the facts behind `sluice tune` (telemetry/tune/tune-facts.ts).
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

const PATH = '/api/tune';

/** Adds the facts. */
export const addTuneRoutes: RouteGroup = (app, { tuneFacts }) => {
  app.get(PATH, async (c) => c.json(await tuneFacts()));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};
