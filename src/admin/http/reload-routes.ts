// POST /api/reload: reads the config again and puts its table in force, or with `?dry_run=true` says what that would change.
//
//   200 {"changed":b,"dry_run":b,"diff":[s,...],"warnings":[s,...]}
//   400 {"error":s,"problems":[s,...]}     refused whole; nothing was changed
import { isChange } from '../../table/table-diff.ts';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

/** What became of a reload; each line is fit for the user. */
export type ReloadAnswer =
  | { readonly ok: true; readonly diff: readonly string[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reloads the config; `by` says in the log who asked. */
export type ReloadConfig = (by: string, dryRun: boolean) => Promise<ReloadAnswer>;

const PATH = '/api/reload';

/** Adds the path. */
export const addReloadRoutes: RouteGroup = (app, { reload, guardWrites }) => {
  app.post(PATH, guardWrites, async (c) => {
    if (reload === undefined) return renderError(c, 404, 'this relay has no config to read again');
    const asked = c.req.query('dry_run') ?? 'false';
    if (asked !== 'true' && asked !== 'false') return renderError(c, 400, 'dry_run must be true or false');
    const answer = await reload('http', asked === 'true');
    if (!answer.ok) {
      return c.json({ error: 'the config was refused; nothing was changed', problems: answer.problems }, 400);
    }
    const { diff, warnings } = answer;
    return c.json({ changed: diff.some(isChange), dry_run: asked === 'true', diff, warnings });
  });
  refuseOtherMethods(app, PATH, ['POST']);
};
