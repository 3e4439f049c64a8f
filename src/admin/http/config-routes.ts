// GET /config: the whole config in crng's form, secrets replaced. GET /api/config/files: the files as they are, secrets and
// all, for the holder of the token only.
import { readFile } from 'node:fs/promises';
import { type RouteGroup, refuseOtherMethods, renderError } from './http-context.ts';
import { makeTokenGuard } from './write-guard.ts';

const FILES_PATH = '/api/config/files';

/** Adds the paths. */
export const addConfigRoutes: RouteGroup = (app, { view, writePolicy }) => {
  app.get('/config', (c) => c.json(view.config() as object));
  refuseOtherMethods(app, '/config', ['GET', 'HEAD']);

  app.get(FILES_PATH, makeTokenGuard(writePolicy), async (c) => {
    const files = [];
    for (const path of view.configFiles()) {
      try {
        files.push({ path, text: await readFile(path, 'utf8') });
      } catch (error) {
        return renderError(c, 500, `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`);
      }
    }
    return c.json(files);
  });
  refuseOtherMethods(app, FILES_PATH, ['GET', 'HEAD']);
};
