// The name of a destination in metrics, logs, JSON and (later) spool folders; dashboards of crng users rely on its form.

/** Names a destination as crng does: `<route key>_<addr with instance>`; in the address `.` and `:` become `_`, `/` goes. */
export function destinationKey(routeKey: string, addr: string): string {
  return `${routeKey}_${addr.replaceAll(/[.:]/g, '_').replaceAll('/', '')}`;
}
