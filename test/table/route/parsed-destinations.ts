import assert from 'node:assert/strict';
import type { DestinationOptions } from '../../../src/destination/options.ts';
import { parseDestination } from '../../../src/destination/parse-destination.ts';

/** Destinations as a config would have them. */
export function parsedDestinations(...texts: readonly string[]): DestinationOptions[] {
  return texts.map((text) => {
    const parsed = parseDestination(text);
    assert(parsed.ok, text);
    return parsed.options;
  });
}
