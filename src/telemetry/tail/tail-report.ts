// What a live look at single lines (`sluice tail`, GET /api/tail) can ask for, and what it is told.
import type { DropReason } from '../drop-reason.ts';

/** Where lines come from, as `input=` names it; `generated`: made inside the relay, by aggregators and self-metrics. */
export const TAIL_INPUTS = ['plain', 'pickle', 'generated'] as const;
export type TailInput = (typeof TAIL_INPUTS)[number];

/** Of what is dropped for another reason no text is at hand: it is counted only. */
export const TAIL_REASONS = [
  'invalid',
  'out_of_order',
  'truncated',
  'blocklisted',
  'unroutable',
  'slow_conn',
  'slow_spool',
  'spool_full',
  'spool_error',
  'conn_down_no_spool',
  'encode_error',
  'rejected',
] as const satisfies readonly DropReason[];
export type TailReason = (typeof TAIL_REASONS)[number];

/** Whatever is dropped. */
export const ANY_REASON = 'any';

/** Lines a second that one client is shown: when nothing is said, and at most. */
export const TAIL_RATE = 50;
export const TAIL_RATE_MAX = 1000;
/** Clients at once: each has a bit in the marks of series. */
export const TAIL_CLIENTS_MAX = 8;

/** What somebody wants to see; all that is set must hold. */
export interface TailQuery {
  /** A regex, or a condition as of a blocklist: `prefix servers.`. */
  readonly match?: string | undefined;
  readonly route?: string | undefined;
  readonly reason?: string | undefined;
  readonly input?: string | undefined;
  readonly ratePerSec: number;
}

/** Where a line goes: one destination, or one of several. */
export interface TailPlace {
  readonly route: string;
  readonly destinations: readonly string[];
}

/** A line as it is shown. */
export interface TailLine {
  readonly atMs: number;
  /** Without its newline; what is no UTF-8 is replaced, and a long one cut. */
  readonly line: string;
  readonly end: 'routed' | 'aggregated' | 'dropped';
  /** The key with which it leaves, where that is another. */
  readonly as?: string;
  /** Where it goes; of a line dropped at a destination, that one. */
  readonly to?: readonly TailPlace[];
  /** Places that are not listed. */
  readonly moreTo?: number;
  readonly reason?: DropReason;
  readonly error?: string;
  readonly input?: TailInput;
  /** host:port */
  readonly sender?: string;
}

/** How much of what came by was looked at, since the client came. */
export interface TailStatus {
  readonly seconds: number;
  /** That came by; for a reason that is no decision of the table: that were dropped so. */
  readonly lines: number;
  readonly looked: number;
  /** Of those looked at. */
  readonly matched: number;
  readonly shown: number;
  /** Matched, and not shown since the client did not read. */
  readonly leftOut: number;
}

/** What a client is told, in this order: what it watches; lines, figures and notes; the end. */
export type TailEvent =
  | { readonly event: 'watching'; readonly data: TailQuery }
  | { readonly event: 'line'; readonly data: TailLine }
  | { readonly event: 'status'; readonly data: TailStatus }
  | { readonly event: 'note' | 'end'; readonly data: { readonly text: string } };

/** One client's look. */
export interface TailWatch {
  /** What is to be told next, when there is something; undefined: it is over. One call at a time. */
  next(): Promise<readonly TailEvent[] | undefined>;
  /** Ends it: the client has gone. */
  stop(): void;
}

/** Why a look is refused. */
export interface TailRefusal {
  readonly error: string;
  /** It may be tried again later. */
  readonly isBusy: boolean;
}

/** Who looks at lines. */
export interface TailAdmin {
  watch(query: TailQuery): TailWatch | TailRefusal;
}
