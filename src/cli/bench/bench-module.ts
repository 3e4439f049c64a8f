// The compiled module (src/cli/bench/wasm) as TypeScript sees it, and how it is loaded.
import { readFile } from 'node:fs/promises';
import type { LoadLayout } from './load-plan.ts';

/** What the module asks of JavaScript. */
export interface BenchImports {
  /** Writes connection, turn and round of a slot to the slot area; returns when it was sent, µs, or 0. */
  readSlot(slot: number): number;
  /** Reads the number that a text means; NaN: none. */
  readNumber(at: number, size: number): number;
  /** Shows a line that is not of the bench. */
  foreignLine(at: number, size: number): void;
}

/** Exports of the module; every address and count is an unsigned 32-bit integer that may arrive negative. */
export interface BenchExports {
  readonly memory: WebAssembly.Memory;
  start(inputBytes: number): number;
  open(
    slotLines: number,
    connections: number,
    ownSeries: number,
    blockedSeries: number,
    newEach: number,
    serialBase: number,
    padBytes: number,
    tags: number,
    timeSec: number,
    copies: number,
    byPort: number,
  ): void;
  render(at: number, number: number, count: number, connection: number, turn: number, round: number): number;
  scan(start: number, end: number, port: number, nowMicros: number): number;
  scannedLines(): number;
  lineBytesMax(): number;
  countersAt(): number;
  delaysAt(): number;
  delayCounts(): number;
  slotArea(): number;
}

/** Loads build/bench.wasm with memory of its own. */
export async function loadBenchModule(imports: BenchImports): Promise<BenchExports> {
  const bytes = await readFile(new URL('../../../build/bench.wasm', import.meta.url));
  const module = await WebAssembly.compile(bytes);
  const instance = await WebAssembly.instantiate(module, { env: imports });
  return instance.exports as unknown as BenchExports;
}

/** Begins a load; `copies` 0: nothing is to be received. */
export function openModule(module: BenchExports, layout: LoadLayout, copies: number, byPort: boolean): void {
  module.open(
    layout.slotLines,
    layout.connections,
    layout.ownSeries,
    layout.ownBlocked,
    layout.newEach,
    layout.serialBase,
    layout.padBytes,
    layout.tags,
    layout.timeSec,
    copies,
    byPort ? 1 : 0,
  );
}
