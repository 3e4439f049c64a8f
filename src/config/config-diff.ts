// What two configs differ in outside the table, in words: what a reload puts in force, and what needs a restart.
import type { Option } from '../util/option.ts';
import type { Config } from './config.ts';
import { keyName, SECTIONS } from './sections.ts';

const DECLARED: ReadonlyMap<string, Option> = new Map(
  SECTIONS.flatMap((section) => section.options.map((option) => [keyName(section, option), option] as const)),
);

/**
 * Renders a line for each key that differs: `~ log_level "info" -> "debug"` where a reload puts it in force, else
 * `! listen_addr changed: needs a restart`.
 */
export function renderKeyDiff(before: Config, after: Config): string[] {
  const changed = Object.keys(after.keys).filter((name) => before.keys[name] !== after.keys[name]);
  const lines = changed.map((name) => {
    if (DECLARED.get(name)?.live !== true) return `! ${name} changed: needs a restart`;
    if (DECLARED.get(name)?.secret === true) return `~ ${name} changed`;
    return `~ ${name} ${JSON.stringify(before.keys[name])} -> ${JSON.stringify(after.keys[name])}`;
  });
  return lines.toSorted((a, b) => Number(a.startsWith('!')) - Number(b.startsWith('!')));
}

/** Makes the config that is in force after a reload: that of before, with what is live, the table, and what is shown, of the fresh one. */
export function withLiveKeys(running: Config, fresh: Config): Config {
  const live = Object.entries(fresh.keys).filter(([name]) => DECLARED.get(name)?.live === true);
  const { logLevel, badMetricsMaxAgeMs, shutdownTimeoutMs, table, files, digest, shown, warnings } = fresh;
  return {
    ...running,
    logLevel,
    badMetricsMaxAgeMs,
    shutdownTimeoutMs,
    table,
    files,
    digest,
    shown,
    warnings,
    keys: { ...running.keys, ...Object.fromEntries(live) },
  };
}
