// The form in which carbon hashes and sends a tagged key with TAG_RELAY_NORMALIZED: `TaggedSeries.parse(key).path`, tags
// in order, of a tag that comes twice the last, `name{tag="value"}` read too, `~` before the name gone. A key that carbon
// cannot parse stays as it is.
import { KeyText } from '../../key-text.ts';

/** Brings a key (a byte string) into carbon's normal form. */
export function normalizeKey(key: string): string {
  const isOpenMetrics = key.endsWith('"}') && key.includes('{');
  // Most keys have no tags.
  if (!isOpenMetrics && !key.startsWith('~') && !key.includes(';')) return key;
  const tags = new Map<string, string>();
  const name = isOpenMetrics ? readOpenMetrics(key, tags) : readCarbon(key, tags);
  const bare = name?.replace(/^~+/, '') ?? '';
  if (bare === '') return key;
  tags.delete('name');
  const rendered = [...tags].map(([tag, value]) => `;${tag}=${value}`).sort(compareBytes);
  return bare + rendered.join('');
}

/** Brings a key into carbon's normal form; the same object when it is in it already. */
export function normalizeText(text: KeyText): KeyText {
  const normal = normalizeKey(text.byteString);
  return normal === text.byteString ? text : KeyText.fromByteString(normal);
}

/** Byte strings compare as their bytes do. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readCarbon(key: string, tags: Map<string, string>): string | undefined {
  const [name, ...segments] = key.split(';');
  for (const segment of segments) {
    const equals = segment.indexOf('=');
    if (equals < 1 || !isTag(segment.slice(0, equals), segment.slice(equals + 1))) return undefined;
    tags.set(segment.slice(0, equals), segment.slice(equals + 1));
  }
  return name;
}

function readOpenMetrics(key: string, tags: Map<string, string>): string | undefined {
  const parts = key.slice(0, -1).split('{');
  const [name, raw = ''] = parts;
  if (parts.length !== 2) return undefined;
  const segment = /([^=]+)="((?:\\["\\]|[^"\\])+)"(?::?,|$)/y;
  while (segment.lastIndex < raw.length) {
    const match = segment.exec(raw);
    if (match === null) return undefined;
    const [, tag = '', quoted = ''] = match;
    const value = quoted.replaceAll('\\"', '"').replaceAll('\\\\', '\\');
    if (!isTag(tag, value)) return undefined;
    tags.set(tag, value);
  }
  return name;
}

function isTag(tag: string, value: string): boolean {
  return tag !== '' && !/[;!^=]/.test(tag) && value !== '' && !value.includes(';') && !value.startsWith('~');
}
