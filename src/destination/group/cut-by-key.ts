// Deals lines out by their keys: the one place where JavaScript looks at each line, and only while a member is away.

const NEWLINE = 10;
const SPACE = 32;

/** Lines of one receiver, in their order; `bytes` is a view that is valid until the next call. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/** Cuts runs of lines by key; keeps the memory that the parts are put together in. */
export class KeyCutter {
  #scratch = new Uint8Array(0);

  /** Gives each line to the one of `names` with the highest weight for its key; a part for each, in the order of names. */
  cut(bytes: Uint8Array, names: readonly number[]): Part[] {
    const runs = findRuns(bytes, names);
    if (this.#scratch.length < bytes.length) this.#scratch = new Uint8Array(bytes.length);
    const parts: Part[] = [];
    let at = 0;
    for (let receiver = 0; receiver < names.length; receiver++) {
      const start = at;
      let lines = 0;
      for (const run of runs) {
        if (run.receiver !== receiver) continue;
        this.#scratch.set(bytes.subarray(run.start, run.end), at);
        at += run.end - run.start;
        lines += run.lines;
      }
      parts.push({ bytes: this.#scratch.subarray(start, at), lines });
    }
    return parts;
  }
}

interface Run {
  readonly receiver: number;
  readonly start: number;
  end: number;
  lines: number;
}

/** Neighbouring lines of one receiver make a run. `bytes` are whole lines, as everywhere behind the engine. */
function findRuns(bytes: Uint8Array, names: readonly number[]): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  for (let start = 0; start < bytes.length; ) {
    let hash = 0x811c9dc5;
    let at = start;
    for (; at < bytes.length && bytes[at] !== SPACE; at++)
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    const end = bytes.indexOf(NEWLINE, at) + 1 || bytes.length;
    const receiver = heaviest(hash, names);
    if (run?.receiver === receiver) {
      run.end = end;
      run.lines += 1;
    } else {
      run = { receiver, start, end, lines: 1 };
      runs.push(run);
    }
    start = end;
  }
  return runs;
}

/** Rendezvous hashing: the place of the name whose weight for a hash is highest. */
function heaviest(hash: number, names: readonly number[]): number {
  let best = 0;
  let most = -1;
  for (let i = 0; i < names.length; i++) {
    const weight = mix(hash ^ Math.imul((names[i] as number) + 1, 0x9e3779b1));
    if (weight > most) {
      most = weight;
      best = i;
    }
  }
  return best;
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the output. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
