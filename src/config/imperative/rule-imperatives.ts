// The commands for blocklist and rewriters, and those that delete a rule by its index.
import type { Operation } from '../../table/operation.ts';
import { type Command, isWord, parseIndex, parseOptionWords } from './imperative-words.ts';
import { isMatcherMethod } from '../read-matcher.ts';

const ADD_BLOCK: Command = {
  names: ['addBlock', 'addBlack'],
  form: '<prefix|notPrefix|sub|notSub|regex|notRegex> <pattern>',
  doc: 'drop matching metrics as soon as they are received',
  parse([method, pattern]) {
    if (!isWord(method) || !isWord(pattern) || !isMatcherMethod(method)) return usage(ADD_BLOCK);
    return { kind: 'addBlock', matcher: { [method]: pattern } };
  },
};

const ADD_REWRITER: Command = {
  names: ['addRewriter'],
  form: '<old> <new> <max> [not=<text>] [tag=<tag>]',
  doc: 'rewrite <old> to <new> in keys, <max> times or -1 for all; /old/ is a regex, with ${1} in <new>; "" is empty',
  parse([old, replacement, max, ...words]) {
    if (!isWord(old) || !isWord(replacement) || !isWord(max) || !/^[+-]?\d{1,9}$/.test(max)) {
      return usage(ADD_REWRITER);
    }
    const options = parseOptionWords(words.filter(isWord));
    if (typeof options === 'string') return options;
    const other = options.find(({ name }) => name !== 'not' && name !== 'tag');
    if (other !== undefined) return `unrecognized option '${other.word}'`;
    const optionOf = (name: string): string | undefined =>
      options.findLast((option) => option.name === name)?.value;
    const text = replacement === '""' ? '' : replacement;
    const rewriter = { old, new: text, not: optionOf('not') ?? '', max: Number(max) };
    const tag = optionOf('tag') ?? '';
    return { kind: 'addRewriter', rewriter: tag === '' ? rewriter : { ...rewriter, tag } };
  },
};

/** The commands of this file. */
export const RULE_COMMANDS: readonly Command[] = [
  ADD_BLOCK,
  makeDelete('delBlock', 'delete the blocklist entry at <index>, counted from 0'),
  ADD_REWRITER,
  makeDelete('delRewriter', 'delete the rewriter at <index>, counted from 0'),
  makeDelete('delAgg', 'delete the aggregator at <index>, counted from 0'),
];

function makeDelete(kind: 'delBlock' | 'delRewriter' | 'delAgg', doc: string): Command {
  const command: Command = {
    names: [kind],
    form: '<index>',
    doc,
    parse([word, ...more]): Operation | string {
      const index = parseIndex(word);
      return index === undefined || more.length > 0 ? usage(command) : { kind, index };
    },
  };
  return command;
}

function usage({ names, form }: Command): string {
  return `${names[0]} ${form}`;
}
