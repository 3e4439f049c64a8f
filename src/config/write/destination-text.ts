// A destination string of a config, changed: the words that did not change stay as the user wrote them.

/** A string in quotes without escapes; what stands in it is what it means. */
const PLAIN = /^(['"])([^'"\\]*)\1$/;

/**
 * Changes the TOML string `text`, whose options are those of the rendered destination `before`, to those of `after`.
 * Undefined where the string is not plain.
 */
export function changeDestinationText(text: string, before: string, after: string): string | undefined {
  const [, quote, inner] = PLAIN.exec(text) ?? [];
  if (quote === undefined || inner === undefined) return undefined;
  const [old, now] = [wordsOf(before), wordsOf(after)];
  const words = inner.split(/\s+/).filter((word) => word !== '');
  const kept = words.flatMap((word) => {
    const name = nameOf(word);
    if (old.get(name) === now.get(name)) return [word];
    return now.get(name) ?? [];
  });
  const written = new Set(words.map(nameOf));
  const added = [...now].filter(([name, word]) => !written.has(name) && old.get(name) !== word);
  const result = [...kept, ...added.map(([, word]) => word)].join(' ');
  return /['"\\$]/.test(added.map(([, word]) => word).join('')) ? undefined : quote + result + quote;
}

function wordsOf(rendered: string): Map<string, string> {
  return new Map(rendered.split(' ').map((word) => [nameOf(word), word]));
}

/** The name of an option; '' for the address. */
function nameOf(word: string): string {
  const equals = word.indexOf('=');
  return equals < 0 ? '' : word.slice(0, equals);
}
