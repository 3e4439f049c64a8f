// Lets a request change the relay, or refuses it: the one guard of all HTTP paths that change something.
//
//   the token (`Authorization: Bearer`)         always: no page of another site can know it
//   this machine                                 unless a browser or proxy speaks for somebody else
//   other machines                               with `admin_allow_remote_writes`, unless a browser speaks for a page
//
// A page of any site may send requests to loopback through the browser that shows it. It is told by what browsers add to
// them, and by the Host: a name that only points to loopback for a moment (DNS rebinding) is no name of this machine.
import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import type { WritePolicy } from '../../config/config.ts';
import { renderError } from './http-context.ts';
import { isLoopback, isRightToken } from '../write-policy.ts';

const OF_BROWSERS = ['origin', 'sec-fetch-site'];
const PRIVATE =
  'this is open to this machine only, not through a browser or proxy; with an admin_token in the config, to whoever sends it';
const OF_PROXIES = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Makes the guard. */
export function makeWriteGuard(policy: WritePolicy): MiddlewareHandler {
  return async (c, next) => {
    const token = bearerOf(c);
    if (token !== undefined && isRightToken(policy, token)) return await next();
    if (token !== undefined) {
      c.header('www-authenticate', 'Bearer');
      return renderError(c, 401, 'wrong token');
    }
    const refusal = judge(c, policy);
    return refusal === undefined ? await next() : renderError(c, 403, refusal);
  };
}

/** Lets only requests with the right token pass: for what nobody else may even read. */
export function makeTokenGuard(policy: WritePolicy): MiddlewareHandler {
  return async (c, next) => {
    if (isRightToken(policy, bearerOf(c) ?? '')) return await next();
    if (policy.token === '') return renderError(c, 403, 'this needs admin_token to be set in the config');
    c.header('www-authenticate', 'Bearer');
    return renderError(c, 401, 'this needs "Authorization: Bearer" with the admin_token');
  };
}

/**
 * Lets pass who may read what memory holds: with an admin_token only its holder, from this machine too; without one only
 * this machine, whatever `admin_allow_remote_writes` says.
 */
export function makePrivateGuard(policy: WritePolicy): MiddlewareHandler {
  if (policy.token !== '') return makeTokenGuard(policy);
  return async (c, next) => {
    const refusal = judge(c, { ...policy, allowRemote: false });
    return refusal === undefined ? await next() : renderError(c, 403, PRIVATE);
  };
}

/** Tells why a request without the token may change nothing; undefined: it may. */
function judge(c: Context, policy: WritePolicy): string | undefined {
  const has = (name: string): boolean => c.req.header(name) !== undefined;
  if (OF_BROWSERS.some(has)) return 'a page in a browser may change nothing without the admin_token';
  if (policy.allowRemote) return undefined;
  if (!isLoopback(remoteAddress(c)) || OF_PROXIES.some(has)) {
    return 'changes from another machine or through a proxy need "Authorization: Bearer" with the admin_token, or admin_allow_remote_writes = true in the config';
  }
  if (!isOwnName(c.req.header('host') ?? 'localhost')) {
    return 'changes are made at localhost or an IP address, or with the admin_token';
  }
  return undefined;
}

/** Tells the address of the client. */
export function remoteAddress(c: Context): string {
  return getConnInfo(c).remote.address ?? '';
}

function bearerOf(c: Context): string | undefined {
  const header = c.req.header('authorization');
  return header === undefined ? undefined : (/^Bearer +(\S+) *$/i.exec(header)?.[1] ?? '');
}

function isOwnName(host: string): boolean {
  const name = /^\[(.*)\](:\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
  return name.toLowerCase() === 'localhost' || isIP(name) !== 0;
}
