// Which line has which number: the one thing that sender and sink must see alike.
//
// Numbers run from 0 over all connections. A slot is a run of `slotLines` of them that one connection sends at once; it
// is known by its connection, the turn of its first line on that connection and the round of series that turn is in.
// The nth line of a connection is of the (n mod cycle)th of its series; series `i` belongs to connection `i mod connections`.
// Behind the series of a connection come those that a relay should block.
import { BLOCKED, NEW, PLAIN, putKey } from './keys';

/** Numbers are sent with this added, so that all have ten digits. */
export const NUMBER_BASE: u64 = 1_000_000_000;
/** Digits of a number as sent. */
export const NUMBER_DIGITS: u32 = 10;
/** Bytes of a line behind its key: a blank, the number, a blank, ten digits of time, a newline. */
export const TAIL_BYTES: u32 = 23;

export let slotLines: u32 = 1;
export let connections: u32 = 1;
/** Series of a connection, those to be blocked left out. */
export let ownSeries: u32 = 1;
/** All series of a connection. */
export let cycle: u32 = 1;
let newEach: u32 = 0;
let serialBase: u32 = 0;
/** Where ` 1700000000\n` lies. */
export let timeText: u32 = 0;

/** Sets all of it. `newEach`: each nth series of a connection has a key of its own each time (0: none). */
export function setPlan(
  lines: u32, links: u32, own: u32, blocked: u32, newNth: u32, serial: u32, timeAt: u32,
): void {
  slotLines = lines;
  connections = links;
  ownSeries = own;
  cycle = own + blocked;
  newEach = newNth;
  serialBase = serial;
  timeText = timeAt;
}

/** Writes the key of the `turn`th series of a connection in a round; returns its end. */
// @ts-ignore: decorator
@inline
export function putKeyOf(at: u32, connection: u32, turn: u32, round: u32): u32 {
  if (turn >= ownSeries) return putKey(at, BLOCKED, (turn - ownSeries) * connections + connection, 0);
  const isNew = newEach !== 0 && turn % newEach === 0;
  const serial = isNew ? (serialBase + round) % 1_000_000_000 : 0;
  return putKey(at, isNew ? NEW : PLAIN, turn * connections + connection, serial);
}
