// Regular expressions and replacements of other relays as this one reads them: RE2, with `${1}` for a group.
import { RE2JS } from 're2js';

export type Translated =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string };

/** Takes over an expression of Python or POSIX as it is, when RE2 has it. */
export function translateRegex(pattern: string): Translated {
  const text = pattern.replaceAll(/\\[<>]/g, '\\b');
  if (/(^|[^\\])(\\\\)*\\[1-9]/.test(text))
    return { ok: false, error: `"${pattern}" refers back to a group of its own` };
  try {
    RE2JS.compile(text);
    return { ok: true, text };
  } catch (error) {
    return {
      ok: false,
      error: `"${pattern}" is no RE2 expression: ${error instanceof Error ? error.message : ''}`,
    };
  }
}

/** Joins expressions to one that matches where any of them does. */
export function anyOf(patterns: readonly string[]): string {
  return patterns.length === 1 ? (patterns[0] ?? '') : patterns.map((pattern) => `(?:${pattern})`).join('|');
}

/** How many groups a pattern has; it is one. */
export function groupCount(pattern: string): number {
  return RE2JS.compile(pattern).groupCount();
}

/** Translates `\1` and so on; `shift`: groups that were put before. Undefined with a letter case or dot mark (`\_1`). */
export function translateReplacement(text: string, shift: number): string | undefined {
  if (/\\[_^.]/.test(text)) return undefined;
  return text
    .replaceAll('$', '$$$$')
    .replaceAll(/\\(\d{1,2})/g, (_, group: string) => `\${${Number(group) + shift}}`)
    .replaceAll(/\\(.)/g, '$1');
}
