// The engine that runs, through the contract of all engines and against the reference.
import { engineContract } from '../contract/engine.ts';
import { engineEqualsReference } from '../contract/engine-property.ts';
import { loadEngineModule } from '../../src/engine/wasm-module.ts';
import { makeWasmEngine } from '../../src/engine/wasm-engine.ts';

const module = await loadEngineModule();

engineContract('wasm', (options) => makeWasmEngine(options, module));
engineEqualsReference('wasm', (options) => makeWasmEngine(options, module));
