// One tag of a key for a rewriter: its value taken out, and another put in its place. Byte strings throughout.
import { NAME_TAG } from '../metric/tag-options.ts';
import { KeyText } from './key-text.ts';

/** Takes the text that a rewriter of `tag` works on; empty when the key has no such tag. */
export function takeTag(text: KeyText, tag: string): KeyText {
  if (tag !== NAME_TAG) return text.tagValue(tag);
  // Unlike a condition a rewriter sees the name as it is, with what may stand before it.
  return KeyText.fromByteString(nameOf(text.byteString));
}

/** Puts a value in the place of a tag's; a tag that is not there comes last, an empty value takes the tag out. */
export function putTag(key: string, tag: string, value: string): string {
  const name = nameOf(key);
  if (tag === NAME_TAG) return value + key.slice(name.length);
  const segments = key.slice(name.length + 1).split(';');
  const begin = `${tag}=`;
  if (value === '') {
    return [name, ...segments.filter((segment) => segment !== '' && !segment.startsWith(begin))].join(';');
  }
  const last = segments.findLastIndex((segment) => segment.startsWith(begin));
  if (last < 0) return `${key};${tag}=${value}`;
  return [name, ...segments.with(last, begin + value)].join(';');
}

function nameOf(key: string): string {
  const end = key.indexOf(';');
  return end < 0 ? key : key.slice(0, end);
}
