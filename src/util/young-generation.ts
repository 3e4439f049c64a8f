// The part of the heap for what is young. V8 lets it grow to 128 MiB as soon as some of it lives through a collection, and
// then looks at it so seldom that buffers which died long ago fill as much again outside of it. A relay makes few objects
// and forgets them at once: what it has when it starts, 8 to 16 MiB, is enough (bench/many-away.ts: 500 destinations took
// 500 MiB instead of 320).
import { setFlagsFromString } from 'node:v8';

/** Lets the young generation be as large as it is now, and no larger, for the life of the process. */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
