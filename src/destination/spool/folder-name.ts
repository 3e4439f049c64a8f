// The folder of a spool under the spool root: made from the destination's key and the shard, so that no two keys share a
// folder, none leaves the root, and none is taken for crng's files (`spool_….diskqueue.…`).
import { createHash } from 'node:crypto';

/** File names end at 255 bytes on every common file system; shard and prefix need some of them. */
const KEY_CHARS_MAX = 200;
const KEY_CHARS_KEPT = 160;
const FOLDER_NAME = /^dest-([\w%~-]+)\.(\d+)$/;

/** Encodes a key: letters, digits, `_` and `-` stay, every other byte becomes %XX; a long key ends in `~` and a hash. */
export function encodeSpoolKey(key: string): string {
  let encoded = '';
  for (const byte of Buffer.from(key)) {
    const char = String.fromCharCode(byte);
    encoded += /[\w-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (encoded.length <= KEY_CHARS_MAX) return encoded === '' ? '%' : encoded;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${encoded.slice(0, KEY_CHARS_KEPT)}~${hash}`;
}

/** Names the folder of a destination's spool. */
export function spoolFolderName(key: string, shard: number): string {
  return `dest-${encodeSpoolKey(key)}.${shard}`;
}

/** Parses a folder's name; undefined when it is not a spool's. `key` is undefined when the name holds only a part of it. */
export function parseSpoolFolderName(
  name: string,
): { readonly encodedKey: string; readonly key: string | undefined; readonly shard: number } | undefined {
  const match = FOLDER_NAME.exec(name);
  if (match === null) return undefined;
  const [, encodedKey = '', shard = ''] = match;
  return { encodedKey, key: decodeSpoolKey(encodedKey), shard: Number(shard) };
}

function decodeSpoolKey(encoded: string): string | undefined {
  if (encoded === '%') return '';
  if (encoded.includes('~')) return undefined;
  const bytes = encoded.replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
