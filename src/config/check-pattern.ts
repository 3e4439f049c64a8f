// Regular expressions of a config: RE2 syntax, checked where they are written.
import { RE2JS } from 're2js';
import type { Place, Problems } from './problem.ts';

/** Checks that a regular expression compiles, and warns where carbon-relay-ng would match less. */
export function checkPattern(pattern: string, place: Place, problems: Problems): void {
  if (pattern === '') return;
  const error = patternError(pattern);
  if (error !== undefined) problems.error(place, error);
  else if (differsInCrng(pattern)) {
    problems.warn(
      place,
      `"${pattern}" is matched as written; carbon-relay-ng also requires the key to start with "${literalRun(pattern)}"`,
    );
  }
}

/** Says why a regular expression cannot be compiled; undefined when it can. */
export function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Takes the text between the slashes of `/…/`; undefined when it is plain text (crng: at least both slashes). */
export function betweenSlashes(text: string): string | undefined {
  return text.length >= 2 && text.startsWith('/') && text.endsWith('/') ? text.slice(1, -1) : undefined;
}

/**
 * Tells whether crng's shortcut changes what an anchored expression matches. It takes the letters after `^` for a prefix
 * of every match, also when `? * {` makes the last of them optional or `|` offers something else.
 */
function differsInCrng(pattern: string): boolean {
  const run = literalRunEnd(pattern);
  if (run <= 1) return false;
  return /[?*{|]/.test(pattern.charAt(run)) || hasTopLevelAlternative(pattern);
}

function literalRun(pattern: string): string {
  return pattern.slice(1, literalRunEnd(pattern)).replaceAll('\\.', '.');
}

function literalRunEnd(pattern: string): number {
  return /^\^(?:[A-Za-z0-9_-]|\\\.)*/.exec(pattern)?.[0].length ?? 0;
}

function hasTopLevelAlternative(pattern: string): boolean {
  const bare = pattern.replace(/\\Q.*?(?:\\E|$)|\\.|\[\]?[^\]]*\]/g, '_');
  let depth = 0;
  for (const char of bare) {
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
}
