// Go's duration strings ("1h30m", "500ms", "2m0s"), as time.ParseDuration reads them, error texts included.
// Computed in whole nanoseconds, handed out in milliseconds with fractions.

const NS_BY_UNIT: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n], // micro sign
  ['\u03bcs', 1_000n], // Greek mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const NS_MAX = 2n ** 63n - 1n;
/** Go's own limit is that of a 64-bit integer; a text this long says nothing more and would only cost time. */
const TEXT_CHARS_MAX = 256;

/** What a duration string meant: milliseconds, or Go's words for what is wrong with it. */
export type GoDuration =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly error: string };

/** Parses a Go duration. "0" needs no unit, everything else does; a sign is allowed. */
export function parseGoDuration(text: string): GoDuration {
  const invalid: GoDuration = { ok: false, error: `time: invalid duration ${quote(text)}` };
  if (text.length > TEXT_CHARS_MAX) return invalid;
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return { ok: true, ms: 0 };
  if (rest === '') return invalid;
  let totalNs = 0n;
  while (rest !== '') {
    const [whole, integer = '', fraction = '', unit = ''] = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest) ?? [''];
    if (integer === '' && fraction === '') return invalid;
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${quote(text)}` };
    const unitNs = NS_BY_UNIT.get(unit);
    if (unitNs === undefined) {
      return { ok: false, error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    }
    totalNs += BigInt(integer || '0') * unitNs;
    totalNs += (BigInt(fraction || '0') * unitNs) / 10n ** BigInt(fraction.length);
    if (totalNs > NS_MAX && !(negative && totalNs === NS_MAX + 1n)) return invalid;
    rest = rest.slice(whole.length);
  }
  const ms = Number(totalNs) / 1e6;
  return { ok: true, ms: negative && ms !== 0 ? -ms : ms };
}

/** Quotes as Go's time package does: bytes outside printable ASCII as \xHH. */
function quote(text: string): string {
  let quoted = '"';
  for (const char of text.slice(0, TEXT_CHARS_MAX)) {
    if (char === '"' || char === '\\') quoted += `\\${char}`;
    else if (char >= ' ' && char < '\u0080') quoted += char;
    else for (const byte of Buffer.from(char)) quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${quoted}"`;
}
