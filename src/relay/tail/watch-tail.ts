// Reads what a client of the live look asks for, and says in one line what cannot be.
import { findNearest } from '../../config/nearest.ts';
import { DROP_REASONS } from '../../telemetry/drop-reason.ts';
import {
  ANY_REASON,
  TAIL_CLIENTS_MAX,
  TAIL_INPUTS,
  TAIL_REASONS,
  type TailQuery,
  type TailRefusal,
  type TailWatch,
} from '../../telemetry/tail/tail-report.ts';
import type { TableOptions } from '../../table/options.ts';
import { compileMatch } from './compile-match.ts';
import type { Tail } from './tail.ts';
import type { TailFilter } from './tail-client.ts';

const REASONS = [...TAIL_REASONS, ANY_REASON] as const;
/** Of more routes only these are listed. */
const ROUTES_SHOWN = 20;

/** Lets a client look at lines; `table` is the one in force. */
export function watchTail(tail: Tail, query: TailQuery, table: TableOptions): TailWatch | TailRefusal {
  const filter = readFilter(
    query,
    table.routes.map(({ key }) => key),
  );
  if (typeof filter === 'string') return { error: filter, isBusy: false };
  const client = tail.add(filter);
  if (client === undefined) {
    return {
      error: `${TAIL_CLIENTS_MAX} clients look at lines already, or the relay is ending`,
      isBusy: true,
    };
  }
  client.tell({ event: 'watching', data: query });
  return client;
}

function readFilter(query: TailQuery, routes: readonly string[]): TailFilter | string {
  const { route, ratePerSec } = query;
  const input = TAIL_INPUTS.find((name) => name === query.input);
  if (query.input !== undefined && input === undefined) return `input is one of ${TAIL_INPUTS.join(', ')}`;
  const reason = REASONS.find((name) => name === query.reason);
  if (query.reason !== undefined && reason === undefined) return explainReason(query.reason);
  if (route !== undefined && !routes.includes(route)) return explainRoute(route, routes);
  const match = query.match === undefined ? undefined : compileMatch(query.match);
  if (match !== undefined && typeof match !== 'function') return match.error;
  return { match, route, reason, input, ratePerSec };
}

function explainReason(reason: string): string {
  const list = `reason is one of ${REASONS.join(', ')}`;
  const isOther = DROP_REASONS.some((name) => name === reason);
  return isOther ? `lines dropped as ${reason} are counted only, their text is not at hand; ${list}` : list;
}

function explainRoute(route: string, routes: readonly string[]): string {
  const near = findNearest(route, routes);
  if (near !== undefined) return `no route "${route}"; did you mean "${near}"?`;
  const more = routes.length > ROUTES_SHOWN ? `, and ${routes.length - ROUTES_SHOWN} more` : '';
  return `no route "${route}"; there are: ${routes.slice(0, ROUTES_SHOWN).join(', ')}${more}`;
}
