// The six conditions, as routes and aggregations write them.
import type { Option } from '../util/option.ts';

/** crng's six conditions; all that are set must hold. */
export const MATCHER_OPTIONS: readonly Option[] = [
  condition('prefix', 'Only keys that begin with this text.'),
  condition('notPrefix', 'Only keys that do not begin with this text.'),
  condition('sub', 'Only keys that contain this text.', ['substr']),
  condition('notSub', 'Only keys that do not contain this text.'),
  condition('regex', 'Only keys that this regular expression (RE2 syntax, not anchored) matches.'),
  condition('notRegex', 'Only keys that this regular expression does not match.'),
  {
    name: 'tags',
    type: 'strings',
    default: [],
    doc: 'Only keys whose tags fit each of these: "dc=eu", "dc!=eu", "dc=~^eu", "dc!=~^eu", as in seriesByTag of Graphite. "name" is the part before the tags; a tag that is not there counts as empty; regular expressions match from the start of the value.',
    status: 'active',
  },
];

function condition(name: string, doc: string, aliases: readonly string[] = []): Option {
  return { name, type: 'string', default: '', doc, aliases, status: 'active' };
}
