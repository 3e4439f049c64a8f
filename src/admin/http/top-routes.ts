// GET /api/series/top?by=prefix|source|route&depth=N&limit=N&sort=linesPerSec|series|newSeriesPerMinute: who sends most, and
// who has most series (telemetry/top/series-top.ts).
import { TOP_DEPTH_MAX } from '../../telemetry/top/series-top.ts';
import { TOP_KINDS, TOP_ORDERS, type TopQuery, type TopReport } from '../../telemetry/top/top-report.ts';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

const PATH = '/api/series/top';
const LIMIT = 20;
const LIMIT_MAX = 500;
const DEPTH = 2;

/** Who reads it. */
export interface TopAdmin {
  report(query: TopQuery): TopReport;
}

/** Adds the path. */
export const addTopRoutes: RouteGroup = (app, { top }) => {
  app.get(PATH, (c) => {
    const query = readQuery((name) => c.req.query(name));
    return typeof query === 'string' ? renderError(c, 400, query) : c.json(top.report(query));
  });
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);
};

/** Reads the query, or says what is wrong with it. */
function readQuery(ask: (name: string) => string | undefined): TopQuery | string {
  const by = TOP_KINDS.find((kind) => kind === (ask('by') ?? TOP_KINDS[0]));
  if (by === undefined) return `by is one of ${TOP_KINDS.join(', ')}`;
  const sort = TOP_ORDERS.find((order) => order === (ask('sort') ?? TOP_ORDERS[0]));
  if (sort === undefined) return `sort is one of ${TOP_ORDERS.join(', ')}`;
  const depth = readNumber(ask('depth'), DEPTH, TOP_DEPTH_MAX);
  if (depth === undefined) return `depth is a whole number from 1 to ${TOP_DEPTH_MAX}`;
  const limit = readNumber(ask('limit'), LIMIT, LIMIT_MAX);
  if (limit === undefined) return `limit is a whole number from 1 to ${LIMIT_MAX}`;
  return { by, sort, depth, limit };
}

function readNumber(text: string | undefined, absent: number, max: number): number | undefined {
  if (text === undefined) return absent;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= max ? number : undefined;
}
