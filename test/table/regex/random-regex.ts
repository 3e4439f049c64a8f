// Random regexes of RE2 syntax, and keys that have a chance to match them.
import * as fc from 'fast-check';

const CHARACTERS = [
  'a',
  'b',
  'c',
  'K',
  'k',
  's',
  'S',
  '0',
  '7',
  '_',
  '-',
  '.',
  '\n',
  ' ',
  'é',
  '\u017f',
  '\u212a',
  '😀',
];
const ATOMS = [
  'a',
  'b',
  'c',
  'K',
  's',
  '0',
  '7',
  '_',
  '-',
  '\\.',
  '\\-',
  '\\n',
  '\\x61',
  '\\x{62}',
  '\\x{e9}',
  '\\141',
  '\\0',
  '.',
  '\\d',
  '\\D',
  '\\w',
  '\\W',
  '\\s',
  '\\S',
  'é',
  '😀',
  '\\pL',
  '\\PL',
  '\\p{Greek}',
  '{',
  '}',
  ']',
  'a{',
  'a{,2}',
  '\\Qa.b\\E',
  '\\Qk*\\E',
  '\\Qab',
  '\\t',
  '\\f',
  '\\v',
  '\\a',
  '\\_',
  'ſ',
  '\\x{212a}',
];
const LOOKS = ['^', '$', '\\A', '\\z', '\\b', '\\B'];
const CLASS_ITEMS = [
  'a',
  'b',
  'k',
  'S',
  '0-7',
  'a-c',
  'A-Z',
  'a-z',
  '-',
  '\\-',
  '\\]',
  '\\d',
  '\\W',
  '\\s',
  '\\n',
  '[:alpha:]',
  '.',
  '^',
  '[:^digit:]',
  '[:space:]',
  '[:punct:]',
  '[:word:]',
  '[:xdigit:]',
  'é',
  '\\x00-\\x{10FFFF}',
  'é-ü',
  '\\x41',
  '[:lower:]',
];
const REPEATS = ['*', '+', '?', '{2}', '{0}', '{1,}', '{0,2}', '{2,3}', '{3}', '{0,}', '{1}'];
const FLAGS = ['i', 'm', 's', 'U', 'im', 'i-s', '-i', '-m', 'ms-i', '-s', ''];

const characterClass = fc
  .tuple(
    fc.constantFrom('[', '[^'),
    fc.array(fc.constantFrom(...CLASS_ITEMS), { minLength: 1, maxLength: 4 }),
  )
  .map(([open, items]) => `${open}${items.join('')}]`);

const { tree } = fc.letrec<{ tree: string; part: string; group: string }>((tie) => ({
  tree: fc
    .array(
      fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map((branches) => branches.join('|')),
  part: fc
    .tuple(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 6, arbitrary: fc.constantFrom(...ATOMS) },
        { weight: 2, arbitrary: fc.constantFrom(...LOOKS) },
        { weight: 3, arbitrary: characterClass },
        { weight: 3, arbitrary: tie('group') },
      ),
      fc.option(fc.tuple(fc.constantFrom(...REPEATS), fc.constantFrom('', '?')), { freq: 3, nil: undefined }),
    )
    .map(([atom, repeat]) => atom + (repeat?.join('') ?? '')),
  group: fc
    .tuple(
      fc.constantFrom('(', '(?:', '(?P<n>', '(?<m>', 'flags', 'flagsOnly'),
      fc.constantFrom(...FLAGS),
      tie('tree'),
    )
    .map(([open, flags, inner]) => {
      if (open === 'flags') return `(?${flags}:${inner})`;
      if (open === 'flagsOnly') return `(?${flags})`;
      return `${open}${inner})`;
    }),
}));

/** Regexes by a grammar; most are valid. */
export const grammarRegex = tree;

/** Any text, mostly not valid or nearly so. */
export const noisyRegex = fc.string({
  unit: fc.constantFrom(...Array.from('ab0{}[]()*+?|\\^$.,:-<>PQEdbxiU1é')),
  maxLength: 12,
});

/** Keys of the characters that the regexes are made of; `ascii` ones and others. */
export const randomKey = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'K', 'k', 's', '0', '7', '_', '-', '.'), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 8 }),
);
