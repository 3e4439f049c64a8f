// GET /api/openapi.json: the description of every path.
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';
import { openapiDocument } from './openapi.ts';

const PATH = '/api/openapi.json';

/** Adds the description. */
export const addOpenapiRoutes: RouteGroup = (app, { view }) => {
  app.get(PATH, (c) => c.json(openapiDocument(view.version)));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};
