// GET /api/ledger: the books of the relay, a surface that stays fixed (telemetry/ledger.ts).
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

/** Adds the ledger. */
export const addLedgerRoutes: RouteGroup = (app, { view }) => {
  app.get('/api/ledger', (c) => c.json(view.ledger()));
  refuseOtherMethods(app, '/api/ledger', ['GET', 'HEAD']);
};
