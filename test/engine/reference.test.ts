// The reference engine passes the contract that it is held up as.
import { ReferenceEngine } from '../../src/engine/reference.ts';
import { engineContract } from '../contract/engine.ts';

engineContract('ReferenceEngine', (options) => new ReferenceEngine(options));
