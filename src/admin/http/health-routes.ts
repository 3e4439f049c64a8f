// GET /healthz and /readyz: for supervisors and balancers. Plain text, one reason a line when the answer is no.
import { describeImbalance } from '../../telemetry/ledger-watch.ts';
import { type RouteGroup, refuseOtherMethods } from './http-context.ts';

/** Adds the probes: healthy while the process answers and its books balance, ready while it wants traffic. */
export const addHealthRoutes: RouteGroup = (app, { view }) => {
  app.get('/healthz', (c) => {
    const ledger = view.ledger();
    if (ledger.balanced) return c.text('ok\n');
    return c.text(`the ledger does not balance: ${describeImbalance(ledger)}\n`, 503);
  });
  app.get('/readyz', (c) => {
    const { ready, reasons } = view.ready();
    return ready ? c.text('ok\n') : c.text(`${reasons.join('\n')}\n`, 503);
  });
  for (const path of ['/healthz', '/readyz']) refuseOtherMethods(app, path, ['GET', 'HEAD']);
};
