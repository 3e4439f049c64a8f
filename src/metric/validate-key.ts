// Rules for keys, in crng's order and with crng's error texts (go-metrics20, carbon20/validate.go and version.go).
//
// Which rules hold is decided by the first node alone, the bytes before the first dot, with a leading dot still on:
// `.a=b` is a plain key. After that one leading dot is ignored, so positions in texts count without it.
import type { ValidationLevels } from './validation-levels.ts';

type Version = 'legacy' | 'equals' | 'is';

const NUL = 0x00;
const BANG = 0x21;
const QUOTE = 0x27;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const UNDERSCORE = 0x5f;
const LOWER_I = 0x69;
const LOWER_S = 0x73;
const DELETE = 0x7f;
const SOFT_HYPHEN = 0xad;

/** The shortest tag: `;k=v`. */
const TAG_BYTES_MIN = 4;
const CONTROL_NAMES: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
]);

/** Says what is wrong with a key (as received, without white space): crng's LastErr text, or undefined. */
export function validateKey(key: Uint8Array, levels: ValidationLevels): string | undefined {
  const version = keyVersion(key);
  if (version === 'legacy') {
    return levels.legacy === 'none' ? undefined : legacyError(withoutLeadingDot(key), levels.legacy);
  }
  return levels.m20 === 'none' ? undefined : metrics20Error(withoutLeadingDot(key), version);
}

/** Takes one leading dot off a key: the name under which crng checks it, orders it and lists it when it is bad. */
export function withoutLeadingDot(key: Uint8Array): Uint8Array {
  return key[0] === DOT ? key.subarray(1) : key;
}

/**
 * Tells plain keys from metrics 2.0 by the first node. Differs from crng on purpose: a `;` before any `=` makes the key
 * a tagged plain one, which crng refuses as metrics 2.0 when the name has no dot (`disk;host=a`).
 */
function keyVersion(key: Uint8Array): Version {
  let version: Version = 'legacy';
  for (let i = 0; i < key.length; i++) {
    const byte = key[i];
    if (byte === SEMICOLON) return 'legacy';
    if (byte === DOT) return version;
    // The earlier of `=` and `_is_` decides, so `=` counts only while no `_is_` has been seen.
    if (byte === EQUALS) return version === 'is' ? 'is' : 'equals';
    if (
      byte === UNDERSCORE &&
      key[i + 1] === LOWER_I &&
      key[i + 2] === LOWER_S &&
      key[i + 3] === UNDERSCORE
    ) {
      version = 'is';
    }
  }
  return version;
}

function legacyError(key: Uint8Array, level: 'medium' | 'strict'): string | undefined {
  if (level === 'medium' && isPlain(key)) return undefined;
  const semicolon = key.indexOf(SEMICOLON);
  if (semicolon === 0) return 'empty key';
  if (semicolon > 0 && !isTagAppendix(key, semicolon)) return 'invalid tag appendix';
  if (level === 'strict') {
    const error = strictError(key, semicolon < 0 ? key.length : semicolon);
    if (error !== undefined) return error;
  }
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number;
    if (byte === NUL) return `null byte at position ${i}`;
    if (byte >= 0x80) return `non-ASCII char ${quoted(byte)}`;
  }
  return undefined;
}

/** Says whether nothing in a key calls for a closer look, as in nearly all: no tags, no byte that is not allowed. */
function isPlain(key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number;
    if (byte === NUL || byte === SEMICOLON || byte >= 0x80) return false;
  }
  return true;
}

/** Checks the name, which ends before the tags: no empty node, and only letters, digits, `_`, `-` and dots. */
function strictError(key: Uint8Array, nameEnd: number): string | undefined {
  for (let i = 1; i < nameEnd; i++) {
    if (key[i] === DOT && key[i - 1] === DOT) return 'empty node';
  }
  for (let i = 0; i < nameEnd; i++) {
    const byte = key[i] as number;
    if (!isSensible(byte)) return `illegal char ${quoted(byte)}`;
  }
  return undefined;
}

/** Says whether the bytes from the first `;` are tags: `;k=v` once or more, `!` not in k, `=` not in v. */
function isTagAppendix(key: Uint8Array, from: number): boolean {
  let i = from;
  while (i < key.length) {
    if (key.length - i < TAG_BYTES_MIN) return false;
    const nameStart = ++i;
    while (i < key.length && key[i] !== EQUALS) {
      if (key[i] === SEMICOLON || key[i] === BANG) return false;
      i++;
    }
    if (i === nameStart || i === key.length) return false;
    const valueStart = ++i;
    while (i < key.length && key[i] !== SEMICOLON) {
      if (key[i] === EQUALS) return false;
      i++;
    }
    if (i === valueStart) return false;
  }
  return true;
}

function metrics20Error(key: Uint8Array, version: 'equals' | 'is'): string | undefined {
  const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
  const joint = version === 'equals' ? '=' : '_is_';
  if (text.includes(version === 'equals' ? '_is_' : '=')) return 'both = and _is_';
  if (!hasTag(text, `unit${joint}`)) return 'no unit tag';
  if (!hasTag(text, `mtype${joint}`)) return 'no mtype tag';
  const secondDot = text.indexOf('.', text.indexOf('.') + 1);
  // With no dot at all the second search starts at 0 and finds none either.
  return secondDot < 0 ? 'must have at least 1 tag beyond unit and mtype' : undefined;
}

function hasTag(text: string, tag: string): boolean {
  return text.startsWith(tag) || text.includes(`.${tag}`);
}

function isSensible(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === UNDERSCORE ||
    byte === 0x2d ||
    byte === DOT
  );
}

/** Renders a byte as Go's %q renders the Latin-1 character of that number. */
function quoted(byte: number): string {
  if (byte === QUOTE || byte === BACKSLASH) return `'\\${String.fromCharCode(byte)}'`;
  const printable = (byte >= 0x20 && byte < DELETE) || (byte > 0xa0 && byte !== SOFT_HYPHEN);
  if (printable) return `'${String.fromCharCode(byte)}'`;
  const name = CONTROL_NAMES.get(byte);
  if (name !== undefined) return `'${name}'`;
  const hex = byte.toString(16);
  return byte <= DELETE ? `'\\x${hex.padStart(2, '0')}'` : `'\\u${hex.padStart(4, '0')}'`;
}
