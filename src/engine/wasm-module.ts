// The compiled module (src/engine/wasm) as TypeScript sees it, and how it is loaded.
import { readFile } from 'node:fs/promises';

// The few names of the WebAssembly API used here; the `dom` library would bring a browser's globals along.
declare global {
  namespace WebAssembly {
    interface Module {
      readonly __module: never;
    }
    interface Instance {
      readonly exports: Record<string, unknown>;
    }
    interface Memory {
      readonly buffer: ArrayBuffer;
    }
    function compile(bytes: Uint8Array): Promise<Module>;
    function instantiate(module: Module, imports: object): Promise<Instance>;
  }
}

/** What `run` and the `after…` calls return: who has to act next. */
export const DONE = 0;
export const ODD = 1;
export const UNRESOLVED = 2;
export const TIME = 3;

/** State of a record whose key has no entry. */
export const UNKNOWN = 4;

/** Where an entry has the mark of its series, and the address of what few have; bytes (wasm/series-table.ts). */
export const ENTRY_MARK = 12;
export const ENTRY_MORE = 16;
/** Where the latter has the rewritten key: its address, and its length. */
export const MORE_REWRITTEN = 0;
export const MORE_REWRITTEN_SIZE = 4;

/** Why a line was refused: by its form (judged by the module, or by JavaScript), key, order, or timestamp range. */
export const WHY_KEY = 2;
export const WHY_ORDER = 3;
export const WHY_RANGE = 4;

/** Exports of the module; every address and count is an unsigned 32-bit integer that may arrive negative. */
export interface EngineExports {
  readonly memory: WebAssembly.Memory;
  start(
    lineBytesMax: number,
    chunkBytesMax: number,
    seriesMax: number,
    plansMax: number,
    validateOrder: number,
  ): number;
  seed(): void;
  run(carryBytes: number, chunkBytes: number, latestSec: number): number;
  afterOdd(): number;
  afterResolve(): number;
  afterTime(time: number, inRange: number): number;
  odds(): number;
  oddAt(index: number): number;
  acceptOdd(index: number, line: number, length: number, keyLength: number): void;
  refuseOdd(index: number): void;
  takeNormalised(size: number, originalStart: number, originalLength: number): number;
  unresolved(): number;
  nextUnresolved(nth: number): number;
  lines(): number;
  record(index: number): number;
  bind(index: number, plan: number, rewrittenSize: number, values: number, valueCount: number): void;
  orderIndex(): number;
  setPlan(index: number, kind: number, list: number, count: number): void;
  nextGeneration(): void;
  nextMarked(index: number, round: number, wanted: number): number;
  outputAt(id: number): number;
  reserve(size: number): number;
  reserveOutputs(count: number): void;
  seriesCount(): number;
  forgottenCount(): number;
  memoryBytes(): number;
  pageCount(): number;
  hashTransfer(size: number): number;
}

/** Compiles build/engine.wasm; once per process or worker thread. */
export async function loadEngineModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('../../build/engine.wasm', import.meta.url)));
}

/** Makes an instance with memory of its own. */
export async function instantiateEngine(module: WebAssembly.Module): Promise<EngineExports> {
  const instance = await WebAssembly.instantiate(module, {});
  return instance.exports as unknown as EngineExports;
}
