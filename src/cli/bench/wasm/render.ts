// Lines to be sent, written in one go: `KEY NUMBER TIME\n`.
import { four, two } from './keys';
import { cycle, NUMBER_BASE, putKeyOf, TAIL_BYTES, timeText } from './plan';

/** Writes `count` lines from `number` on; returns their end. Writes up to 16 bytes more. */
export function render(
  start: u32,
  number: u32,
  count: u32,
  connection: u32,
  firstTurn: u32,
  firstRound: u32,
): u32 {
  let at = start;
  let turn = firstTurn;
  let round = firstRound;
  for (let index: u32 = 0; index < count; index++) {
    at = putKeyOf(at, connection, turn, round);
    store<u8>(at, 0x20);
    const shown = NUMBER_BASE + <u64>number + <u64>index;
    const low = <u32>(shown % 100_000_000);
    store<u16>(at + 1, two(<u32>(shown / 100_000_000)));
    store<u32>(at + 3, four(low / 10_000));
    store<u32>(at + 7, four(low % 10_000));
    v128.store(at + 11, v128.load(timeText));
    at += TAIL_BYTES;
    turn += 1;
    if (turn === cycle) {
      turn = 0;
      round += 1;
    }
  }
  return at;
}
