// What was changed in the table since the start, and the way back.
//
//   GET  /api/changes         {"undo_steps":n,"changes":[{"at":s,"by":s,"what":s,"diff":[s,...]},...]}, the latest first
//   POST /api/changes/undo    goes back to the table before the last change: {"undone":s,"diff":[s,...]}
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';

/** One change of the table. */
export interface ChangeRecord {
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
  /** The command, `reload`, `start` or `undo of …`. */
  readonly what: string;
  /** What it did, in words. */
  readonly diff: readonly string[];
}

/** The changes of a running relay. */
export interface ChangeAdmin {
  readonly changes: readonly ChangeRecord[];
  readonly undoSteps: number;
  undo(by: string): { readonly ok: true } | { readonly ok: false; readonly error: string };
}

const PATH = '/api/changes';

/** Adds the paths. */
export const addChangeRoutes: RouteGroup = (app, { changes, guardWrites }) => {
  app.get(PATH, (c) => c.json({ undo_steps: changes?.undoSteps ?? 0, changes: changes?.changes ?? [] }));
  refuseOtherMethods(app, PATH, ['GET', 'HEAD']);

  app.post(`${PATH}/undo`, guardWrites, (c) => {
    const answer = changes?.undo('http') ?? { ok: false, error: 'nothing to undo' };
    if (!answer.ok) return renderError(c, 400, answer.error);
    const [last] = changes?.changes ?? [];
    return c.json({ undone: last?.what.replace(/^undo of /, '') ?? '', diff: last?.diff ?? [] });
  });
  refuseOtherMethods(app, `${PATH}/undo`, ['POST']);
};
