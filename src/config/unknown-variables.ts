// Environment variables that look like options of ours and are none: a misspelt one would be silent otherwise.
import { findNearest } from './nearest.ts';
import { outsidePlace, type Problems } from './problem.ts';
import { envName, isOverridable, SECTIONS } from './sections.ts';

const PREFIX = 'SLUICE_';
/** So many are named; an environment full of them is not a mistake of spelling. */
const WARNINGS_MAX = 20;

/** Warns of each variable that begins as ours do and names no option. */
export function warnOfUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  problems: Problems,
): void {
  const known = SECTIONS.filter((section) => isOverridable(section)).flatMap((section) =>
    section.options.map((option) => envName(section, option)),
  );
  const names = new Set(known);
  const unknown = Object.keys(env).filter(
    (name) => name.toUpperCase().startsWith(PREFIX) && !names.has(name),
  );
  for (const name of unknown.toSorted().slice(0, WARNINGS_MAX)) {
    const nearest = findNearest(
      name.slice(PREFIX.length),
      known.map((other) => other.slice(PREFIX.length)),
    );
    const hint = nearest === undefined ? '' : `; did you mean ${PREFIX}${nearest}?`;
    problems.warn(
      outsidePlace(`environment variable ${name}`),
      `is no option of Sluice and has no effect${hint}`,
    );
  }
}
