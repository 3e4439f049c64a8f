// /api/spools: what waits on disk, for `sluice spool` and others; and the two ways to change the spool of a running relay.
//
//   GET  /api/spools                    [{"key":s,"route":s,"addr":s,"folder":s,"state":s,"lines":n,"bytes":n,...}]
//   POST /api/spools/{key}/purge        drops what waits (reason `purged`): {"lines":n}
//   POST /api/spools/{key}/lines        whole lines, put behind what waits: {"lines":n}; 503: full now, try again
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

/** One spool of a running relay. */
export interface SpoolRow {
  /** The destination key. */
  readonly key: string;
  readonly route: string;
  readonly addr: string;
  /** The folder of its segments, under `spool_dir` or as a whole path. */
  readonly folder: string;
  readonly state: 'closed' | 'ready' | 'full' | 'failed';
  /** Not acknowledged yet. */
  readonly lines: number;
  readonly bytes: number;
  readonly diskBytes: number;
  /** Arrival of the oldest line, ms since 1970; null when nothing waits. */
  readonly oldestMs: number | null;
  readonly lastError: string;
  /** The replay under way: lines done and left, lines a second, seconds to the end when that can be told. */
  readonly replay: {
    readonly done: number;
    readonly left: number;
    readonly rate: number;
    readonly endSec: number | null;
  } | null;
}

/** The spools of a running relay. */
export interface SpoolAdmin {
  list(): readonly SpoolRow[];
  /** Drops what waits on disk for a destination, booked as `purged`; answers how many lines, undefined for an unknown key. */
  purge(key: string): Promise<number | undefined>;
  /** Puts whole lines behind what waits, booked as `loaded`, once the disk has them; false when it does not take them now. */
  load(key: string, bytes: Buffer, lines: number): Promise<boolean | undefined>;
}

const PATH = '/api/spools';
const NEWLINE = 0x0a;

/** Adds the spools. */
export const addSpoolRoutes: RouteGroup = (app, { spools, guardWrites }) => {
  app.get(PATH, (c) => c.json(spools?.list() ?? []));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);

  app.post(`${PATH}/:key/purge`, guardWrites, async (c) => {
    const key = c.req.param('key');
    const lines = await spools?.purge(key);
    return lines === undefined ? renderError(c, 404, `no spool "${key}"`) : c.json({ lines });
  });
  refuseOtherMethods(app, `${PATH}/:key/purge`, ['POST']);

  app.post(`${PATH}/:key/lines`, guardWrites, async (c) => {
    const key = c.req.param('key');
    const bytes = Buffer.from(await c.req.arrayBuffer());
    const lines = countLines(bytes);
    if (lines === undefined) return renderError(c, 400, 'the body must be whole lines, none of them empty');
    const taken = lines === 0 ? true : await spools?.load(key, bytes, lines);
    if (taken === undefined) return renderError(c, 404, `no spool "${key}"`);
    return taken ? c.json({ lines }) : renderError(c, 503, `the spool "${key}" takes no more now`);
  });
  refuseOtherMethods(app, `${PATH}/:key/lines`, ['POST']);
};

/** Counts the lines of a body; undefined when one is empty or the last one is cut. */
function countLines(bytes: Buffer): number | undefined {
  let lines = 0;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    if (end === start) return undefined;
    lines += 1;
    start = end + 1;
  }
  return start === bytes.length ? lines : undefined;
}
