// Who may change a running relay: only this machine itself, as far as can be told.
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { renderError } from './http-context.ts';

/** Lets requests pass whose sender is this machine, and not a page in its browser nor a proxy that hides who asks. */
export const fromHereOnly: MiddlewareHandler = async (c, next) => {
  const { address = '' } = getConnInfo(c).remote;
  const isHere = /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address) || address === '::1';
  // A browser names the page that asks; a proxy names for whom it asks.
  const others = ['origin', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];
  if (isHere && others.every((name) => c.req.header(name) === undefined)) return await next();
  return renderError(
    c,
    403,
    'changes are made from the machine of the relay only, not by a browser or proxy',
  );
};
