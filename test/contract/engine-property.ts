// Holds an engine against the reference: the same hostile bytes, cut alike, under the same tables, must come to equal
// outcomes run by run: counts, bytes of every output, and rejects in order with their texts.
//
// A failure prints fast-check's seed and path; give them to fc.assert to run that case again.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import type { EngineOptions } from '../../src/engine/engine.ts';
import { ReferenceEngine } from '../../src/engine/reference.ts';
import type { Plan, Resolve } from '../../src/metric/plan.ts';
import { validateKey } from '../../src/metric/validate-key.ts';
import type { ValidationLevels } from '../../src/metric/validation-levels.ts';
import { cutAt, EngineStream, latin1, type MakeEngine } from './engine-run.ts';

const NOW_SEC = 1000;
const FUTURE_MAX_SEC = 100;
const OUTPUTS = 8;
const NEWLINE = 0x0a;
/** Short, so that lines of this length and carries of it come up often. */
const LINE_BYTES_MAX = 120;
const CHUNK_BYTES_MAX = 8192;

/** One step of a scenario: perhaps another table, then bytes cut into chunks. */
interface Step {
  readonly table: number | undefined;
  readonly bytes: Uint8Array;
  readonly cuts: readonly number[];
}

/** Registers the comparison of `name` with the reference as tests. */
export function engineEqualsReference(name: string, makeEngine: MakeEngine, runsPerTest = 150): void {
  const sources: [string, fc.Arbitrary<Uint8Array>][] = [
    ['lines of every form', linesOf(anyLine())],
    ['valid lines of few series', linesOf(validLine())],
    ['lines with damaged bytes', damaged(linesOf(anyLine()))],
    ['random bytes', fc.uint8Array({ maxLength: 2000 })],
    ['random bytes of the grammar', textOf(' \t\n\r.;=_ab019eExp+-\0\xc2\xa0\x85\xff', 600)],
  ];
  for (const [kind, source] of sources) {
    it(`${name} does with ${kind} what the reference does`, async () => {
      const scenario = fc.tuple(anyOptions(), fc.array(stepOf(source), { minLength: 1, maxLength: 6 }));
      const property = fc.asyncProperty(scenario, async ([options, steps]) => {
        await compare(options, steps, makeEngine);
      });
      await fc.assert(property, { numRuns: runsPerTest });
    });
  }
}

async function compare(
  options: EngineOptions,
  steps: readonly Step[],
  makeEngine: MakeEngine,
): Promise<void> {
  const reference = new ReferenceEngine(options);
  const engine = await makeEngine(options);
  const expected = new EngineStream(reference);
  const actual = new EngineStream(engine);
  let nth = 0;
  for (const { table, bytes, cuts } of withShortLines(steps)) {
    if (table !== undefined || nth === 0) {
      reference.setResolve(tableOf(table ?? 0, options.levels));
      engine.setResolve(tableOf(table ?? 0, options.levels));
    }
    for (const chunk of cutAt(bytes, cuts)) {
      nth += 1;
      const want = expected.run(chunk, NOW_SEC);
      assert.deepEqual(actual.run(chunk, NOW_SEC), want, `run ${nth}: ${JSON.stringify(latin1(chunk))}`);
    }
  }
}

/** Ends every line that would grow over LINE_BYTES_MAX, across steps too: longer ones never reach an engine. */
function withShortLines(steps: readonly Step[]): Step[] {
  let length = 0;
  return steps.map((step) => {
    const bytes = step.bytes.slice(0, CHUNK_BYTES_MAX);
    for (let i = 0; i < bytes.length; i++) {
      if (length === LINE_BYTES_MAX) bytes[i] = NEWLINE;
      length = bytes[i] === NEWLINE ? 0 : length + 1;
    }
    return { ...step, bytes };
  });
}

/** A table drawn from a seed: the plan of a valid key depends on its bytes alone. */
function tableOf(seed: number, levels: ValidationLevels): Resolve {
  return (key) => {
    const text = validateKey(key, levels);
    if (text !== undefined) return { kind: 'drop', reason: 'invalid', text };
    return planFor(fnv(seed, key));
  };
}

function planFor(hash: number): Plan {
  const kind = hash % 16;
  if (kind === 0) return { kind: 'drop', reason: 'blocklisted' };
  const values = hash % 3 === 0 ? {} : { values: slotsFor(hash) };
  if (kind === 1) return { kind: 'drop', reason: 'unroutable', ...values };
  if (kind === 3) return { kind: 'consume', values: slotsFor(hash) };
  if (kind === 2) return { kind: 'drop', reason: 'invalid', text: `refused ${hash % 3}` };
  const first = (hash >>> 4) % OUTPUTS;
  const count = kind < 9 ? 1 : 1 + ((hash >>> 8) % 5);
  // A stride that is coprime to OUTPUTS keeps the ids distinct and out of order.
  const outputs = Array.from({ length: count }, (_, i) => (first + i * 3) % OUTPUTS);
  if (kind < 12) return { kind: 'route', outputs, ...values };
  return {
    kind: 'route',
    outputs,
    ...values,
    key: Buffer.from('rewritten.'.repeat(13)).subarray(0, 1 + ((hash >>> 12) % 120)),
  };
}

/** One slot, or a few, or more than the area for passing them holds at first. */
function slotsFor(hash: number): number[] {
  const count = hash % 5 < 3 ? 1 : hash % 5 === 3 ? 3 : 20 + (hash % 50);
  return Array.from({ length: count }, (_, i) => ((hash >>> 3) + i * 7) % 1000);
}

function fnv(seed: number, bytes: Uint8Array): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

function anyOptions(): fc.Arbitrary<EngineOptions> {
  const levels = fc.record({
    legacy: fc.constantFrom('none', 'medium', 'strict'),
    m20: fc.constantFrom('none', 'medium'),
  } satisfies Record<keyof ValidationLevels, fc.Arbitrary<string>>);
  return fc.record({
    lineBytesMax: fc.constant(LINE_BYTES_MAX),
    chunkBytesMax: fc.constant(CHUNK_BYTES_MAX),
    maxSeries: fc.constant(100_000),
    levels,
    validateOrder: fc.boolean(),
    orderFutureMaxSec: fc.constant(FUTURE_MAX_SEC),
  });
}

function stepOf(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Step> {
  return fc.record({
    table: fc.option(fc.nat(5), { nil: undefined, freq: 3 }),
    bytes,
    cuts: fc.array(fc.nat(CHUNK_BYTES_MAX), { maxLength: 5 }),
  });
}

function linesOf(line: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const lines = fc.array(line, { maxLength: 60, size: 'max' });
  return fc.tuple(lines, fc.constantFrom('', '\n', '\n\n')).map(([lines, end]) => {
    return Buffer.from(lines.join('\n') + end, 'latin1');
  });
}

/** Overwrites a few bytes anywhere with any others. */
function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 });
  return fc.tuple(bytes, damage).map(([bytes, damage]) => {
    const copy = bytes.slice();
    for (const [at, byte] of damage) if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });
}

function validLine(): fc.Arbitrary<string> {
  const time = fc.oneof({ weight: 8, arbitrary: fc.nat(1200).map(String) }, anyNumber());
  const line = fc.tuple(
    fc.constantFrom('', '', '', '.'),
    keyOfFew(),
    time,
    fc.constantFrom('1', '2.5', '-7e3'),
  );
  return line.map(([dot, key, time, value]) => `${dot}${key} ${value} ${time}`);
}

function anyLine(): fc.Arbitrary<string> {
  const field = fc.oneof({ weight: 4, arbitrary: anyNumber() }, anyKey());
  const shaped = fc
    .tuple(anyGap(true), anyKey(), anyGap(), anyNumber(), anyGap(), anyNumber(), anyGap(true))
    .map((parts) => parts.join(''));
  const shapeless = fc
    .array(fc.tuple(field, anyGap()), { maxLength: 5 })
    .map((parts) => parts.map((part) => part.join('')).join(''));
  return fc.oneof(
    { weight: 6, arbitrary: shaped },
    { weight: 4, arbitrary: validLine() },
    { weight: 1, arbitrary: shapeless },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', '\r', 'a', '\xff', 'a 1', 'a 1 2 3') },
  );
}

function keyOfFew(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'a',
    'b',
    'cpu.user',
    'a.long.key.of.a.host.and.its.disk',
    'disk;host=a',
    'x.y',
    '\xc3\xa4',
  );
}

function anyKey(): fc.Arbitrary<string> {
  const nodes = fc.constantFrom(...KEY_PARTS);
  return fc.oneof(
    { weight: 3, arbitrary: keyOfFew() },
    fc.array(nodes, { minLength: 1, maxLength: 5 }).map((nodes) => nodes.join('.')),
    fc.array(nodes, { minLength: 1, maxLength: 5 }).map((nodes) => nodes.join('')),
    fc.nat(120).map((length) => 'k'.repeat(length)),
  );
}

/** White space between fields, seldom what only looks like it; at the ends of a line mostly nothing. */
function anyGap(mayBeEmpty = false): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(mayBeEmpty ? '' : ' ') },
    { weight: 2, arbitrary: textOf(' \t\r\v\f', 4).map((bytes) => latin1(bytes) || ' ') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('\xc2\xa0', '\xc2\x85', '\xe3\x80\x80', '\xe2\x80\x83', '\xe1\x9a\x80'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('\xa0', '\x85', '\xe2\x80', '\xe2\x80\x8b', '\x1c', '\0', ' \xff '),
    },
  );
}

function anyNumber(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.nat(1200).map(String) },
    { weight: 2, arbitrary: fc.integer({ min: -5, max: 2 ** 33 }).map(String) },
    { weight: 2, arbitrary: fc.double().map(String) },
    { weight: 2, arbitrary: fc.constantFrom(...SPECIAL_NUMBERS) },
    { weight: 1, arbitrary: textOf('00199.eExXpP+-_afinty', 12).map((bytes) => latin1(bytes) || '1') },
    { weight: 1, arbitrary: textOf('0123456789', 40).map((bytes) => latin1(bytes) || '1') },
    {
      weight: 1,
      arbitrary: fc.tuple(textOf('0123456789', 30), fc.integer({ min: -400, max: 400 })).map(exponential),
    },
  );
}

function exponential([digits, exponent]: [Uint8Array, number]): string {
  return `${latin1(digits)}.5e${exponent}`;
}

const KEY_PARTS =
  "a|b|cpu||unit=B|mtype=count|x=y|unit_is_B|mtype_is_c|x_is_y|_is_|=|;k=v|;k=|;k=v=w|;|#|\0|\x01|\xc3\xa4|\xff|\xc2|\xe2\x80|\x7f|'".split(
    '|',
  );

const SPECIAL_NUMBERS = (
  '+5 -5 .5 5. 00012 1E+5 1_000 0x1p4 0X1P+3 0x_1p4 0x.8p1 1e-400 -0 0 1e308 1.8e308 0x1p1023 0x1p1024 1e5_0 1e5_ ' +
  'NaN inf +Inf -Infinity iNfInItY infinit +nan -nan 1e400 0x10 0b1 _1 1__0 1_.5 1e 1e+ e5 1f 1,5 . + ' +
  '4294967295 4294967296 0.00000000000000000000001 1100 1101 1100.9 1.1e3 1_1_0_0'
).split(' ');

function textOf(alphabet: string, maxLength: number): fc.Arbitrary<Uint8Array> {
  const bytes = fc.constantFrom(...Buffer.from(alphabet, 'latin1'));
  return fc.array(bytes, { maxLength, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
}
