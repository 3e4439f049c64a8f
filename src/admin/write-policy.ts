// Who may change a running relay: this machine; others with `admin_token`, or when `admin_allow_remote_writes` is set.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { WritePolicy } from '../config/config.ts';

/** Tells whether a token is the right one, in a time that says nothing about how much of it is right. */
export function isRightToken(policy: WritePolicy, token: string): boolean {
  return policy.token !== '' && timingSafeEqual(digest(policy.token), digest(token));
}

/** Names a peer for the log: an IPv4 address that came through an IPv6 socket as what it is. */
export function renderPeer(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Tells whether an address of a peer is this machine itself. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address) || address === '::1';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
