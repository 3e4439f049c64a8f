// Lines that are each a new series, and tables to resolve them, for new-series.ts.
import type { DestinationOptions } from '../../src/destination/options.ts';
import { validateKey } from '../../src/metric/validate-key.ts';
import { HASH_DEFAULTS, type MatcherOptions } from '../../src/table/options.ts';
import { Snapshot } from '../../src/table/snapshot.ts';
import { newSeriesKey, SERIAL_DIGITS } from '../series-lines.ts';

export const CHUNK_BYTES = 64 * 1024;
export const LEVELS = { legacy: 'medium', m20: 'medium' } as const;
const SERIES = 10_000;

/** Matchers of routes by the name of their table. */
export const TABLES: Readonly<Record<string, readonly MatcherOptions[]>> = {
  rules10: Array.from({ length: 10 }, (_, group) => {
    if (group < 4) return { prefix: `g${group}.` };
    if (group < 7) return { sub: `.app${group}.` };
    return { regex: `^g[0-9]+\\.app${group}\\.host[0-9]{4}\\.cpu[0-9]+\\.` };
  }),
  regex1000: hostRegexes('host'),
  regex1000one: [...hostRegexes('other').slice(1), { regex: '^g[0-9]+\\.app[0-9]+\\.' }],
};

function hostRegexes(word: string): MatcherOptions[] {
  return Array.from({ length: 1000 }, (_, host) => {
    return { regex: `^g[0-9]+\\.app[0-9]+\\.${word}${String(host).padStart(4, '0')}\\.` };
  });
}

/** Compiles a table of a route for each matcher. */
export function compileTable(matchers: readonly MatcherOptions[]): Snapshot {
  const destination = { addr: '127.0.0.1:2003' } as DestinationOptions;
  const routes = matchers.map((matcher, index) => ({
    ...HASH_DEFAULTS,
    key: `r${index}`,
    type: 'sendAllMatch' as const,
    matcher,
    stop: false,
    destinations: [destination],
  }));
  return Snapshot.compile(
    { blocklist: [{ prefix: 'blocked.' }], rewriters: [], aggregators: [], routes },
    { outputOf: (route) => route, slotOf: () => 0, validateKey: (key) => validateKey(key, LEVELS) },
  );
}

/** Renders so many lines; the same key comes again only with the same serial number. */
export function makeChunks(lines: number, firstSerial: number): Buffer[] {
  const chunks: Buffer[] = [];
  let text = '';
  for (let i = 0; i < lines; i++) {
    const { start, end } = newSeriesKey(i % SERIES);
    const serial = firstSerial + Math.floor(i / SERIES);
    text += `${start}${String(serial).padStart(SERIAL_DIGITS, '0')}${end} ${(i % 1000) / 10} 1700000000\n`;
    if (text.length < CHUNK_BYTES - 100 && i !== lines - 1) continue;
    chunks.push(Buffer.from(text));
    text = '';
  }
  return chunks;
}
