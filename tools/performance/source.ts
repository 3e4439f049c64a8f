// What docs/performance.md is made of, read from the checkout.
import { join } from 'node:path';
import { readResults } from '../../bench/result-file.ts';
import { readScenarios } from '../../bench/scenario.ts';
import { ROOT } from '../source-files.ts';
import { readSentences } from './judge.ts';
import type { PageSource } from './render-page.ts';
import { readScaling } from './render-scaling.ts';

/** Reads scenarios, sentences and committed results. */
export function readPageSource(): PageSource {
  return {
    scenarios: readScenarios(),
    results: readResults(join(ROOT, 'bench/results/peers.json')),
    sentences: readSentences(),
    scaling: readScaling(),
  };
}
