// A whole line judged as crng judges it: fields, then key, then value, then timestamp; the first failure gives the text.
//
// The WebAssembly engine does the same per byte for common lines; this is for lines with bytes >= 128, for the words of
// a reject, for `sluice explain`, and for the reference engine. Parts are views into the line given.
import { isNumber } from './number.ts';
import { splitFields } from './split-fields.ts';
import { validateKey } from './validate-key.ts';
import type { ValidationLevels } from './validation-levels.ts';

/** crng's LastErr texts for what is not the key's fault. */
export const FIELDS_ERROR = 'packet must consist of 3 fields';
export const VALUE_ERROR = 'value field is not a float or int';
export const TIMESTAMP_ERROR = 'timestamp field is not a unix timestamp';

/** A line in its three parts. `canonical` is a copy as it leaves: key, space, value, space, timestamp, newline. */
export interface LineParts {
  readonly ok: true;
  /** As received, a leading dot too. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly timestamp: Uint8Array;
  readonly canonical: Uint8Array;
}

/** Why a line is invalid. `key` is its key as received, absent when it has not three fields. */
export interface LineError {
  readonly ok: false;
  readonly text: string;
  readonly key?: Uint8Array;
}

/** Parses a line (without its newline) and checks all that depends on the line alone. */
export function parseLine(line: Uint8Array, levels: ValidationLevels): LineParts | LineError {
  return parse(line, levels);
}

/** Parses a line (without its newline) and checks fields and numbers, but not the key. */
export function parseFields(line: Uint8Array): LineParts | LineError {
  return parse(line, undefined);
}

/** Joins a line as it leaves: key, one space, value, one space, timestamp, newline. */
export function renderLine(key: Uint8Array, value: Uint8Array, timestamp: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + value.length + timestamp.length + 3);
  const valueAt = key.length + 1;
  const timestampAt = valueAt + value.length + 1;
  bytes.set(key, 0);
  bytes[valueAt - 1] = 0x20;
  bytes.set(value, valueAt);
  bytes[timestampAt - 1] = 0x20;
  bytes.set(timestamp, timestampAt);
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

function parse(line: Uint8Array, levels: ValidationLevels | undefined): LineParts | LineError {
  // A fourth field is enough to know that there are too many.
  const offsets = splitFields(line, 4);
  if (offsets.length !== 6) return { ok: false, text: FIELDS_ERROR };
  const [keyStart, keyEnd, valueStart, valueEnd, timestampStart, timestampEnd] = offsets as SixOffsets;
  const key = line.subarray(keyStart, keyEnd);
  const keyError = levels === undefined ? undefined : validateKey(key, levels);
  if (keyError !== undefined) return { ok: false, text: keyError, key };
  if (!isNumber(line, valueStart, valueEnd)) return { ok: false, text: VALUE_ERROR, key };
  if (!isNumber(line, timestampStart, timestampEnd)) return { ok: false, text: TIMESTAMP_ERROR, key };
  const value = line.subarray(valueStart, valueEnd);
  const timestamp = line.subarray(timestampStart, timestampEnd);
  return { ok: true, key, value, timestamp, canonical: renderLine(key, value, timestamp) };
}

type SixOffsets = [number, number, number, number, number, number];
