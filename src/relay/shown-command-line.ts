// The command line as it may be shown: values of flags that are secret are not.
import { flagName, SECTIONS } from '../config/sections.ts';

const REDACTED = '***';
/** Of options that are read for compatibility. */
const SECRET_NAME = /password|secret/;

/** Copies the words of a command line, with `***` for each secret. */
export function shownCommandLine(words: readonly string[]): string[] {
  const secrets = new Set(
    SECTIONS.flatMap((section) =>
      section.options
        .filter(({ secret, name }) => secret === true || SECRET_NAME.test(name))
        .map((option) => flagName(section, option)),
    ),
  );
  return words.map((word, index) => {
    const [flag = ''] = word.split('=', 1);
    if (secrets.has(flag) && word.length > flag.length) return `${flag}=${REDACTED}`;
    return secrets.has(words[index - 1] ?? '') ? REDACTED : word;
  });
}
