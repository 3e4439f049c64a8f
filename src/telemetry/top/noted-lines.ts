// What lines show of themselves, until it is counted: runs by source, and keys of some lines. Both are only noted as they come,
// in rows of memory with room for so many, and counted together: under a trickle each of the sketches would have to be
// fetched from memory for a single line.
import { hashBytes } from './hyper-log-log.ts';
import { KEY_BYTES_MAX } from './key-prefixes.ts';
import type { LineSampler } from './line-sampler.ts';

const RUNS_MAX = 256;
const SAMPLES_MAX = 256;
const KEYS_BYTES = 16 * 1024;

/** Who counts what was noted. */
export interface NotedLinesCounter {
  ran(source: string, lines: number): void;
  /** `hash` is that of the whole key, `begin` what is looked at of it; the bytes are valid during the call. */
  sampled(source: string, hash: number, begin: Buffer, weight: number): void;
}

export class NotedLines {
  readonly #counter: NotedLinesCounter;
  readonly #seed: number;
  readonly #runSources: string[] = [];
  readonly #runLines = new Float64Array(RUNS_MAX);
  #runs = 0;
  readonly #keys = Buffer.alloc(KEYS_BYTES);
  readonly #sampleSources: string[] = [];
  readonly #sampleEnds = new Uint32Array(SAMPLES_MAX);
  readonly #sampleHashes = new Uint32Array(SAMPLES_MAX);
  readonly #sampleWeights = new Float64Array(SAMPLES_MAX);
  #samples = 0;
  #keysEnd = 0;
  #source = '';
  #keyOf: (nth: number) => Uint8Array | undefined = () => undefined;
  readonly #sample = (nth: number, weight: number): void => this.#noteSample(nth, weight);

  /** `seed` is that of the hash. */
  constructor(options: { readonly seed: number }, counter: NotedLinesCounter) {
    this.#seed = options.seed;
    this.#counter = counter;
  }

  /** Notes a run of lines of a source; the sampler says which of its keys. */
  ran(
    source: string,
    lines: number,
    keyOf: (nth: number) => Uint8Array | undefined,
    sampler: LineSampler,
    nowMs: number,
  ): void {
    this.#noteRun(source, lines);
    this.#source = source;
    this.#keyOf = keyOf;
    sampler.run(lines, nowMs, this.#sample);
  }

  /** Counts all that was noted. */
  settle(): void {
    this.#settleRuns();
    this.#settleSamples();
  }

  #noteRun(source: string, lines: number): void {
    const last = this.#runs - 1;
    if (last >= 0 && this.#runSources[last] === source) {
      this.#runLines[last]! += lines;
      return;
    }
    if (this.#runs === RUNS_MAX) this.#settleRuns();
    this.#runSources[this.#runs] = source;
    this.#runLines[this.#runs] = lines;
    this.#runs += 1;
  }

  #noteSample(nth: number, weight: number): void {
    const key = this.#keyOf(nth);
    if (key === undefined) return;
    const size = Math.min(key.length, KEY_BYTES_MAX);
    if (this.#samples === SAMPLES_MAX || this.#keysEnd + size > KEYS_BYTES) this.#settleSamples();
    for (let index = 0; index < size; index++) this.#keys[this.#keysEnd + index] = key[index]!;
    this.#keysEnd += size;
    this.#sampleSources[this.#samples] = this.#source;
    this.#sampleEnds[this.#samples] = this.#keysEnd;
    this.#sampleHashes[this.#samples] = hashBytes(key, key.length, this.#seed);
    this.#sampleWeights[this.#samples] = weight;
    this.#samples += 1;
  }

  #settleRuns(): void {
    for (let run = 0; run < this.#runs; run++) {
      this.#counter.ran(this.#runSources[run]!, this.#runLines[run]!);
    }
    this.#runs = 0;
  }

  #settleSamples(): void {
    let start = 0;
    for (let sample = 0; sample < this.#samples; sample++) {
      const end = this.#sampleEnds[sample]!;
      this.#counter.sampled(
        this.#sampleSources[sample]!,
        this.#sampleHashes[sample]!,
        this.#keys.subarray(start, end),
        this.#sampleWeights[sample]!,
      );
      start = end;
    }
    this.#samples = 0;
    this.#keysEnd = 0;
  }
}
