// Pickles that nobody should send, from a seed: good ones with damage, opcodes thrown together, and plain noise.

const OPCODES = Buffer.from(
  '(.012FIJKLMNSTUVXBC]laet)}dsupqrghjcRobiPQ\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x93\x94\x95\x96\x97\x98',
  'latin1',
);
const PIECES = [
  ']',
  ']q\x00',
  '(lp0\n',
  '(',
  'U\x03a.b',
  'X\x03\0\0\0a.b',
  '\x8c\x03a.b\x94',
  "S'a.b'\np1\n",
  'Va.b\n',
  'K\x07',
  'J\x00\xf1\x53\x65',
  'I1700000000\n',
  'L17L\n',
  'F1.5\n',
  'G?\xf8\0\0\0\0\0\0',
  '\x86',
  '\x86q\x01',
  't',
  'a',
  'e',
  'h\x01',
  'h\x00',
  '\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f',
  'N',
  '}',
  's',
  'u',
  '2',
  '0',
  '1',
  '.',
];

/** Makes one; `golden` are good frames in base64, length first. */
export function randomPickle(random: () => number, golden: readonly string[]): Buffer {
  const below = (count: number): number => Math.floor(random() * count);
  switch (below(4)) {
    case 0: {
      const frame = Buffer.from(golden[below(golden.length)] ?? '', 'base64').subarray(4);
      const bytes = frame.length > 20_000 ? Buffer.from('].') : frame;
      for (let i = below(4); i > 0; i -= 1) bytes[below(bytes.length)] = below(256);
      return random() < 0.3 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
    }
    case 1: {
      let text = random() < 0.8 ? ']' : '\x80\x02]';
      for (let i = below(40); i > 0; i -= 1) text += PIECES[below(PIECES.length)];
      return Buffer.from(`${text}.`, 'latin1');
    }
    case 2: {
      const bytes = Buffer.alloc(1 + below(60), ']');
      for (let i = 1; i < bytes.length; i += 1) {
        bytes[i] = random() < 0.7 ? (OPCODES[below(OPCODES.length)] ?? 0) : below(256);
      }
      return bytes;
    }
    default: {
      const bytes = Buffer.alloc(below(100));
      for (let i = 0; i < bytes.length; i += 1) bytes[i] = below(256);
      return bytes;
    }
  }
}
