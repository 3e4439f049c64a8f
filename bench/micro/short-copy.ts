// Up to which length is a text copied faster byte by byte than by a call? `bin/node bench/micro/short-copy.ts`
// (SHORT_TEXT_BYTES of src/input/pickle/decoder.ts; as there, newlines become spaces.)
import { sideBySide } from '../side-by-side.ts';

const TEXTS = 200_000;
const from = Buffer.alloc(1 << 20, 'servers.web00001.cpu.core.user.percent');
const out = Buffer.alloc(1 << 12);

for (const length of [8, 16, 32, 48, 64, 96, 128, 256]) {
  sideBySide(`${length} bytes, a text`, TEXTS, {
    'byte by byte': () => {
      for (let text = 0; text < TEXTS; text++) {
        const start = (text * 64) & 0x7ffff;
        for (let i = 0; i < length; i++) {
          const byte = from[start + i] ?? 0;
          out[i] = byte === 10 ? 32 : byte;
        }
      }
      return out.toString('latin1', 0, length);
    },
    'copy and indexOf': () => {
      for (let text = 0; text < TEXTS; text++) {
        const start = (text * 64) & 0x7ffff;
        from.copy(out, 0, start, start + length);
        for (let i = out.indexOf(10); i >= 0 && i < length; i = out.indexOf(10, i)) out[i] = 32;
      }
      return out.toString('latin1', 0, length);
    },
  });
}
