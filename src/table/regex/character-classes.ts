// The named character classes of RE2: Perl's \d \s \w and POSIX's [[:alpha:]].
import { negateSet, NONE, rangeSet, unionSets } from './ascii-set.ts';
import type { AsciiSet } from './ascii-set.ts';

const DIGIT = ranges('09');
const UPPER = ranges('AZ');
const LOWER = ranges('az');
const ALPHA = unionSets(UPPER, LOWER);
const ALNUM = unionSets(ALPHA, DIGIT);
const WORD = unionSets(ALNUM, ranges('__'));

const PERL: ReadonlyMap<string, AsciiSet> = new Map([
  ['d', DIGIT],
  ['s', ranges('\t\n\f\r  ')],
  ['w', WORD],
  ['D', negateSet(DIGIT)],
  ['S', negateSet(ranges('\t\n\f\r  '))],
  ['W', negateSet(WORD)],
]);

const POSIX: ReadonlyMap<string, AsciiSet> = new Map([
  ['alnum', ALNUM],
  ['alpha', ALPHA],
  ['ascii', ranges('\x00\x7f')],
  ['blank', ranges('\t\t  ')],
  ['cntrl', ranges('\x00\x1f\x7f\x7f')],
  ['digit', DIGIT],
  ['graph', ranges('!~')],
  ['lower', LOWER],
  ['print', ranges(' ~')],
  ['punct', ranges('!/:@[`{~')],
  ['space', ranges('\t\r  ')],
  ['upper', UPPER],
  ['word', WORD],
  ['xdigit', ranges('09AFaf')],
]);

/** Gives the class of `\d` by its letter, undefined when there is none. */
export function perlClass(letter: string): AsciiSet | undefined {
  return PERL.get(letter);
}

/** Gives the class of `[:alpha:]` by its name, undefined when there is none. */
export function posixClass(name: string): AsciiSet | undefined {
  return POSIX.get(name);
}

function ranges(pairs: string): AsciiSet {
  let set = NONE;
  for (let i = 0; i < pairs.length; i += 2)
    set = unionSets(set, rangeSet(pairs.charCodeAt(i), pairs.charCodeAt(i + 1)));
  return set;
}
