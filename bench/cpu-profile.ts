// Tells what a CPU profile of V8 says: which functions the time went to.
import type { Profiler } from 'node:inspector';

/** A function, and its share of the time of the profile, idle time left out. */
export interface FrameCost {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

const FRAMES_MAX = 14;
// The loop naps in turn.ts.
const IDLE = /^\(idle\)|^\(root\)|^\|src\/relay\/turn\.ts/;

/** Lists the functions with the most time of their own. */
export function summarise(profile: Profiler.Profile): FrameCost[] {
  const selfMicros = new Map<string, number>();
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  let total = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const frame = names.get(id);
    const micros = profile.timeDeltas?.[index] ?? 0;
    if (frame === undefined) continue;
    const key = `${frame.functionName}|${frame.url.replace(/^.*\/(?=src\/)/, '')}:${frame.lineNumber + 1}`;
    if (IDLE.test(key)) continue;
    total += micros;
    selfMicros.set(key, (selfMicros.get(key) ?? 0) + micros);
  }
  return [...selfMicros]
    .sort((a, b) => b[1] - a[1])
    .slice(0, FRAMES_MAX)
    .map(([key, micros]) => {
      const [name = '', place = ''] = key.split('|');
      return { name, place, share: micros / total };
    });
}
