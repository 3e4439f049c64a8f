// What an import takes from another config is looked at before it is written: a config that `check` refuses helps nobody.
import { parseDestination } from '../../destination/parse-destination.ts';
import { parseListenAddress } from '../../util/listen-address.ts';
import type { ImportPlace, ImportReport } from './import-report.ts';
import type { ImportedConfig } from './imported-config.ts';

/** Keeps the destinations that are some; each other one is told. */
export function usableDestinations(
  texts: readonly string[],
  place: ImportPlace,
  report: ImportReport,
): readonly string[] {
  return texts.filter((text) => {
    const parsed = parseDestination(text);
    if (!parsed.ok) report.missed(place, `a destination: ${parsed.error}`);
    return parsed.ok;
  });
}

/** Sets an address to listen on if it is one. */
export function setAddress(
  name: string,
  text: string,
  place: ImportPlace,
  config: ImportedConfig,
  report: ImportReport,
): void {
  const parsed = parseListenAddress(text);
  if (parsed.ok) config.top(name, text);
  else report.missed(place, `${name}: ${parsed.error}`);
}
