// The short name of an aggregator in crng: in `view`, in JSON and in the names of metrics, where dashboards group by it.
import { createHash } from 'node:crypto';
import type { AggregatorOptions } from '../options.ts';

const DIGITS = 7;

/**
 * Makes crng's key of an aggregator: the first hex digits of an md5 over function, conditions and format (aggregator.go).
 * A rule with several outputs has its functions and formats joined by commas; interval and wait are no part of it.
 */
export function aggregatorKey({ matcher, outputs }: AggregatorOptions): string {
  const parts = [
    outputs.map((output) => output.function).join(),
    matcher.regex ?? '',
    matcher.notRegex ?? '',
    matcher.prefix ?? '',
    matcher.notPrefix ?? '',
    matcher.sub ?? '',
    matcher.notSub ?? '',
    outputs.map((output) => output.format).join(),
  ];
  return createHash('md5').update(parts.join('\0')).digest('hex').slice(0, DIGITS);
}
