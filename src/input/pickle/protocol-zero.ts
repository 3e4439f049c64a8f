// The texts of protocol 0 and the integers of any length: numbers as Python writes them, and its two ways to escape.

/** Digits beyond which an integer is beyond all floats, so that no metric can hold it. */
const DIGITS_MAX = 400;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, number>> = {
  '\\': BACKSLASH,
  "'": 0x27,
  '"': 0x22,
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/** Reads an integer in two's complement, little end first: a number, or its decimal digits when it is not exact as one. */
export function parseInteger(bytes: Uint8Array): number | string {
  if (bytes.length === 0) return 0;
  let hex = '';
  for (let i = bytes.length - 1; i >= 0; i -= 1) hex += (bytes[i] ?? 0).toString(16).padStart(2, '0');
  return exact(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

/** Reads decimal digits with an optional sign; undefined when there is anything else, `huge` when they are too many. */
export function parseDecimal(text: string): number | string | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  if (text.length > DIGITS_MAX) return 'huge';
  return exact(BigInt(text.startsWith('+') ? text.slice(1) : text));
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** Reads what Python's `repr` makes of a float. */
export function parseFloatText(text: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  switch (text) {
    case 'nan':
      return Number.NaN;
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

/** Reads a quoted `str` of Python 2; undefined when it is not quoted, or an escape in it is none. */
export function unescapeString(line: Buffer): Buffer | undefined {
  const text = line.toString('latin1').trimEnd();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) return undefined;
  let isGood = true;
  const plain = text
    .slice(1, -1)
    .replaceAll(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]?))/g, (_all, ...groups) => {
      const [hex, octal, letter] = groups as (string | undefined)[];
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      const code = ESCAPES[letter ?? ''];
      if (code === undefined) isGood = false;
      return String.fromCharCode(code ?? 0);
    });
  return isGood ? Buffer.from(plain, 'latin1') : undefined;
}

/** Reads a `unicode` of protocol 0: Latin-1 with `\uXXXX` and `\UXXXXXXXX`; to UTF-8. */
export function unescapeUnicode(line: Buffer): Buffer | undefined {
  const text = line.toString('latin1');
  if (!line.includes(BACKSLASH)) return Buffer.from(text, 'utf8');
  let isGood = true;
  const plain = text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([uU]))/g, (_all, ...groups) => {
    const [short, long] = groups as (string | undefined)[];
    const code = Number.parseInt(short ?? long ?? 'ffffffff', 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    isGood = false;
    return '';
  });
  return isGood ? Buffer.from(plain, 'utf8') : undefined;
}
