// The few names of the WebAssembly API that the binding uses; the `dom` library would bring a browser's globals along.
declare namespace WebAssembly {
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
