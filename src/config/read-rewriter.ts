// A `[[rewriter]]`, and the rules that one made by a command must keep too.
import { isTagName, TAG_NAME_FORM } from '../metric/tag-options.ts';
import type { RewriterOptions } from '../table/options.ts';
import { betweenSlashes, patternError } from './check-pattern.ts';
import type { Place, Problems } from './problem.ts';
import type { Settings } from './settings.ts';

/** Reads a `[[rewriter]]`; undefined after noting what is wrong. */
export function readRewriter(settings: Settings, problems: Problems): RewriterOptions | undefined {
  const tag = settings.string('tag');
  const options: RewriterOptions = {
    old: settings.string('old'),
    new: settings.string('new'),
    not: settings.string('not'),
    max: settings.number('max'),
    ...(tag !== '' && { tag }),
  };
  if (settings.given('max') === undefined && betweenSlashes(options.old) === undefined) {
    problems.warn(settings.place, 'max missing: the default is 0, which rewrites nothing; -1 rewrites all');
  }
  return checkRewriter(options, (name) => settings.placeOf(name), problems) ? options : undefined;
}

/** Checks a rewriter by crng's rules; notes what is wrong. */
export function checkRewriter(
  options: RewriterOptions,
  placeOf: (name: 'old' | 'not' | 'max' | 'tag') => Place,
  problems: Problems,
): boolean {
  if (options.old === '') {
    problems.error(placeOf('old'), "Rewriter must have non-empty 'old' specification");
    return false;
  }
  if (options.tag !== undefined && !isTagName(options.tag)) problems.error(placeOf('tag'), TAG_NAME_FORM);
  const pattern = betweenSlashes(options.old);
  if (options.max < -1) problems.error(placeOf('max'), 'max must be >= -1. use -1 to mean no restriction');
  else if (pattern !== undefined && options.max !== -1) {
    problems.error(placeOf('max'), 'Regular expression rewriters require max to be -1');
  }
  if (pattern !== undefined) checkRewriterPattern(pattern, placeOf('old'), problems);
  const not = betweenSlashes(options.not);
  if (not !== undefined) checkRewriterPattern(not, placeOf('not'), problems);
  return true;
}

/** crng applies no shortcut to rewriters, so only the syntax counts here. */
function checkRewriterPattern(pattern: string, place: Place, problems: Problems): void {
  const error = patternError(pattern);
  if (error !== undefined) problems.error(place, error);
}
