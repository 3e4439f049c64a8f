// The levels of crng's log, as its config spells them.

/** From silent to chatty; each level shows itself and all before it. */
export const LOG_LEVELS = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogThreshold = (typeof LOG_LEVELS)[number];

const OTHER_SPELLINGS: ReadonlyMap<string, LogThreshold> = new Map([
  ['warning', 'warn'],
  ['notice', 'info'], // crng before 0.11
]);

/** Parses `log_level`, in any case; undefined when there is no such level. */
export function parseLogLevel(text: string): LogThreshold | undefined {
  const word = text.toLowerCase();
  return LOG_LEVELS.find((level) => level === word) ?? OTHER_SPELLINGS.get(word);
}
