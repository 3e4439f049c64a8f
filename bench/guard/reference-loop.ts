// What the guard measures the parts of the hot path against: a loop that no change of the relay can make faster or slower.
// It must suffer from the machine as they do. A loop that only computes (copy and scan in WebAssembly) does not: beside six
// other busy processes the parts took half as long again and it did not, and their ratio moved by a factor of 1.5; with
// strings, a map and memory, as here, by 1.06 to 1.15.

const TEXTS = 4096;
const TEXT_BYTES = 32;
const KEYS = 100_000;

/** Makes the loop: strings out of bytes, their hash, a look-up, a sum. */
export function makeReferenceLoop(): () => void {
  const texts = Array.from({ length: TEXTS }, (_, i) => `servers.host${1000 + i}.cpu.${i % 64}.`);
  const bytes = Buffer.from(texts.map((text) => text.padEnd(TEXT_BYTES, 'x')).join(''));
  const known = new Map<string, number>();
  const sums = new Float64Array(TEXTS);
  return () => {
    for (let i = 0; i < KEYS; i++) {
      const at = (Math.imul(i, 2_654_435_761) >>> 20) * TEXT_BYTES;
      const text = bytes.toString('latin1', at, at + TEXT_BYTES);
      let hash = 0;
      for (let nth = 0; nth < text.length; nth++) hash = (Math.imul(hash, 31) + text.charCodeAt(nth)) | 0;
      let index = known.get(text);
      if (index === undefined) known.set(text, (index = known.size));
      sums[index] = (sums[index] ?? 0) + hash;
    }
  };
}
