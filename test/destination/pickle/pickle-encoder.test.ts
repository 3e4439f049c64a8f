// Lines to pickle frames: the bytes, what is exact, what is left out, and where a write may break off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_BYTES, ITEMS_MAX, PickleEncoder } from '../../../src/destination/pickle/pickle-encoder.ts';
import { parseNumber } from '../../../src/metric/number.ts';
import { seededRandom } from '../spool/spool-rig.ts';
import { readFrames } from './read-frames.ts';

function encode(text: string) {
  const encoder = new PickleEncoder();
  const bytes = Buffer.from(encoder.encode(Buffer.from(text)));
  const left = encoder.unencodable.map(({ index, line, error }) => `${index} ${error}: ${line.toString()}`);
  return { bytes, left, encoder, read: readFrames([bytes]) };
}

test('the bytes are a length and what Python 2 would write', () => {
  assert.equal(
    encode('a.b 1.5 1700000000\nc 2 3\n').bytes.toString('latin1'),
    '\0\0\0\x2e\x80\x02](' +
      'U\x03a.bJ\x00\xf1SeG?\xf8\0\0\0\0\0\0\x86\x86' +
      'U\x01cJ\x03\0\0\0G@\0\0\0\0\0\0\0\x86\x86e.',
  );
});

test('a key that is not ASCII goes as unicode, a long one with a long length, one that is no text not at all', () => {
  const long = 'k'.repeat(300);
  const { read, bytes, left } = encode(`é.x 1 2\n${long} 1 2\n`);
  assert.equal(read.text, `é.x 1 2\n${long} 1 2\n`);
  assert.ok(bytes.includes(Buffer.from('X\x04\0\0\0\xc3\xa9.xJ', 'latin1')));
  assert.deepEqual(left, []);
  const encoder = new PickleEncoder();
  encoder.encode(Buffer.from('a\xff 1 2\nb 1 2\n', 'latin1'));
  assert.deepEqual(
    encoder.unencodable.map(({ index, error }) => [index, error]),
    [[0, 'its key is not UTF-8']],
  );
});

test('timestamps: whole seconds of 32 bits, fractions cut, everything else left out by name', () => {
  for (const [text, seconds] of [
    ['0', 0],
    ['255', 255],
    ['2147483647', 2_147_483_647],
    ['2147483648', 2_147_483_648],
    ['4294967295', 4_294_967_295],
    ['1700000000.999', 1_700_000_000],
    ['1.7e9', 1_700_000_000],
    ['+5', 5],
    ['00000000005', 5],
    ['1_000', 1000],
  ] as const) {
    assert.equal(encode(`a 1 ${text}\n`).read.text, `a 1 ${seconds}\n`, text);
  }
  for (const text of ['-1', '-0.5', '4294967296', '99999999999', '1e10', 'NaN', 'Inf', 'x', '', '1 2']) {
    const { read, left } = encode(`a 1 ${text}\nb 1 5\n`);
    assert.equal(read.text, 'b 1 5\n', text);
    assert.match(left[0] ?? '', /^0 its timestamp is not within 0 and 2\^32-1 seconds: a 1/, text);
  }
});

test('lines that are none are left out by name', () => {
  assert.deepEqual(encode('a\n\n 1 2\na 1\na x 2\nok 1 2\n').left, [
    '0 it does not consist of 3 fields: a',
    '1 it does not consist of 3 fields: ',
    '2 it does not consist of 3 fields:  1 2',
    '3 it does not consist of 3 fields: a 1',
    '4 its value is not a number: a x 2',
  ]);
});

test('every form of a number is the float that the relay takes it for', () => {
  const random = seededRandom(3);
  const texts =
    '1 -1 +1 .5 5. 1e5 1E-400 NaN inf -Inf 0x1p-2 1_000 -0 0.1 00012 123456789012345 1234567890123456789'.split(
      ' ',
    );
  for (let i = 0; i < 20_000; i += 1) {
    const value = (random() - 0.5) * 10 ** Math.floor(random() * 24 - 10);
    texts.push(
      random() < 0.5 ? String(value) : value.toFixed(Math.floor(random() * 15)),
      String(Math.round(value)),
    );
  }
  const encoder = new PickleEncoder();
  for (const text of texts) {
    const bytes = encoder.encode(Buffer.from(`a ${text} 5\n`));
    const value = bytes.readDoubleBE(bytes.lastIndexOf(0x47, bytes.length - 9 - 3) + 1);
    assert.ok(Object.is(value, parseNumber(text)), `${text}: ${value}`);
  }
});

test('messages are bounded in metrics and bytes, and lines come back in order', () => {
  const random = seededRandom(5);
  for (let round = 0; round < 30; round += 1) {
    let text = '';
    const keyMax = round % 3 === 0 ? 60_000 : 120;
    for (let i = 0; i < 3000 && text.length < 262_144; i += 1) {
      text += `${'x'.repeat(1 + Math.floor(random() * keyMax))}.${i} ${i} ${1_700_000_000 + i}\n`;
    }
    const { read, bytes } = encode(text);
    assert.ok(read.text === text, `round ${round}`);
    assert.equal(read.rest, 0);
    assert.ok(read.itemsMax <= ITEMS_MAX);
    assert.ok(read.frameBytesMax < 99_999);
    assert.ok(keyMax > FRAME_BYTES || read.frameBytesMax <= FRAME_BYTES + 1000);
    assert.ok(bytes.length < text.length * 3 + 100);
  }
});

test('nothing but lines that cannot be pickled is an empty list, not nothing', () => {
  const { bytes, left } = encode('a 1 -1\n');
  assert.equal(bytes.toString('latin1'), '\0\0\0\x04\x80\x02].');
  assert.equal(left.length, 1);
});

test('bytes that the kernel took map to the lines of whole messages', () => {
  let text = '';
  for (let i = 0; i < 1200; i += 1) text += `key.${i} 1 ${i % 7 === 0 ? '-1' : '5'}\n`;
  const { bytes, encoder } = encode(text);
  assert.equal(encoder.plainBytesWithin(0), 0);
  let before = 0;
  for (let taken = 0; taken <= bytes.length; taken += 97) {
    const plain = encoder.plainBytesWithin(taken);
    assert.ok(plain >= before);
    before = plain;
    if (plain > 0) assert.equal(text[plain - 1], '\n');
    const whole = readFrames([bytes.subarray(0, taken)]).text;
    const wanted = text
      .slice(0, plain)
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith('-1'))
      .map((line) => `${line}\n`)
      .join('');
    assert.ok(whole === wanted, `taken ${taken}`);
  }
});
