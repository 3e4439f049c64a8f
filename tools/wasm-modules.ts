// The modules in AssemblyScript: where their sources lie, apart from the rest, and what is made of them.

/** Each compiled from the `index.ts` of its folder. */
export const WASM_MODULES = [
  { folder: 'src/engine/wasm/', built: 'build/engine.wasm' },
  { folder: 'src/cli/bench/wasm/', built: 'build/bench.wasm' },
] as const;
