// Pickle frames for tests, as Python writes them in protocol 2 without its memo.

/** Makes a frame: four bytes of length, then the body. */
export function frameOf(body: Uint8Array | string): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const frame = Buffer.alloc(4 + bytes.length);
  frame.writeUInt32BE(bytes.length);
  frame.set(bytes, 4);
  return frame;
}

/** Makes a frame of `prefix.0 0 5`, `prefix.1 1 5` and so on. */
export function metricsFrame(prefix: string, count: number): Buffer {
  const items: Buffer[] = [];
  for (let i = 0; i < count; i += 1) {
    const path = Buffer.from(`${prefix}.${i}`);
    const item = Buffer.alloc(path.length + 11);
    item.write('U', 0, 'latin1');
    item[1] = path.length;
    item.set(path, 2);
    item.write('K\x05J', path.length + 2, 'latin1');
    item.writeInt32LE(i, path.length + 5);
    item.write('\x86\x86', path.length + 9, 'latin1');
    items.push(item);
  }
  return frameOf(Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e.')]));
}

/** The lines of `metricsFrame`. */
export function metricsLines(prefix: string, count: number): string {
  return Array.from({ length: count }, (_, i) => `${prefix}.${i} ${i} 5\n`).join('');
}
