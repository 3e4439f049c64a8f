// Breaks the long lines of a Markdown page, so that a change of one figure is a change of one line.

const COLUMNS = 128;

/** Breaks paragraphs and list items at spaces; tables, headings, pictures, comments and code stay as they are. */
export function wrapProse(page: string): string {
  return page.split('\n').map(wrapLine).join('\n');
}

function wrapLine(line: string): string {
  if (line.length <= COLUMNS || /^(?:[|#!<]| {4})/.test(line)) return line;
  const [head = ''] = /^(?:- )?/.exec(line) ?? [];
  const indent = ' '.repeat(head.length);
  const lines: string[] = [];
  let current = head;
  // Code and links are not broken.
  for (const word of line.slice(head.length).match(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g) ?? []) {
    if (current.length + word.length >= COLUMNS && current.trim() !== '' && !isMarker(word)) {
      lines.push(current);
      current = indent + word;
    } else current += current === head ? word : ` ${word}`;
  }
  return [...lines, current].join('\n');
}

/** At the start of a line it would begin a list, a heading or a quotation. */
function isMarker(word: string): boolean {
  return /^(?:[-+*=]+|#+|>.*|\d+[.)])$/.test(word);
}
