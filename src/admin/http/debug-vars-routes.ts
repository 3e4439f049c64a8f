// GET /debug/vars2 and /debug/vars: self-metrics as carbon-relay-ng shows them, one JSON object.
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

/** Adds both paths; they show the same. */
export const addDebugVarsRoutes: RouteGroup = (app, { debugVars }) => {
  for (const path of ['/debug/vars2', '/debug/vars']) {
    app.get(path, (c) => c.body(debugVars(), 200, { 'content-type': 'application/json; charset=utf-8' }));
    refuseOtherMethods(app, path, ['GET', 'HEAD']);
  }
};
