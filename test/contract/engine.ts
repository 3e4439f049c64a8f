// The suite that every engine passes: the table of cases, whole and split at every position, and the bounds.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Engine, EngineOptions } from '../../src/engine/engine.ts';
import { parseNumber, timestampSec } from '../../src/metric/number.ts';
import type { Plan } from '../../src/metric/plan.ts';
import { caseResolve, ENGINE_CASES, type EngineCase, MEDIUM, NONE, NOW_SEC } from './engine-cases.ts';
import { CONTRACT_OPTIONS, engineBounds, type Make } from './engine-bounds.ts';
import { bytesOf, cutAt, EngineStream, latin1, type MakeEngine, nothing, type Told } from './engine-run.ts';

const NOWHERE: Plan = { kind: 'drop', reason: 'unroutable' };

/** Registers the contract of engine.ts as tests of `name`. */
export function engineContract(name: string, makeEngine: MakeEngine): void {
  const make = async (options: Partial<EngineOptions> = {}): Promise<Engine> => {
    const engine = await makeEngine({ ...CONTRACT_OPTIONS, ...options });
    engine.setResolve(caseResolve(options.levels ?? MEDIUM));
    return engine;
  };
  describe(`${name}: cases`, () => {
    for (const entry of ENGINE_CASES) {
      it(entry.name, async () => {
        const options = { levels: entry.levels ?? MEDIUM, validateOrder: entry.order === true };
        const whole = new EngineStream(await make(options));
        // Which keys and lines it shows is held against the reference.
        const told = { ...whole.runAll([bytesOf(entry.input)], NOW_SEC), keys: [], marked: [] };
        assert.deepEqual(told, wanted(entry));
        assert.equal(whole.carry, entry.carry ?? '');
      });
    }
  });
  describe(`${name}: splits`, () => {
    splitTests(make);
  });
  describe(`${name}: series`, () => {
    seriesTests(make);
  });
  describe(`${name}: numbers`, () => {
    numberTests(make);
    valueTests(make);
    roundingTests(make);
  });
  describe(`${name}: bounds`, () => {
    engineBounds(make);
  });
}

function splitTests(make: Make): void {
  for (const levels of [MEDIUM, NONE]) {
    it(`every case comes to the same, split at every position, legacy level ${levels.legacy}`, async () => {
      const engine = await make({ levels });
      for (const entry of ENGINE_CASES) {
        const input = bytesOf(entry.input);
        const want = new EngineStream(engine).runAll([input], NOW_SEC);
        for (let at = 0; at <= input.length; at++) {
          assert.deepEqual(
            new EngineStream(engine).runAll(cutAt(input, [at]), NOW_SEC),
            want,
            `${entry.name}, at ${at}`,
          );
        }
      }
    });
  }

  it('every case comes to the same, one byte at a time', async () => {
    for (const entry of ENGINE_CASES) {
      const engine = await make({ levels: entry.levels ?? MEDIUM, validateOrder: entry.order === true });
      const input = bytesOf(entry.input);
      const stream = new EngineStream(engine);
      const told = { ...stream.runAll(cutAt(input, [...input.keys()]), NOW_SEC), keys: [], marked: [] };
      assert.deepEqual(told, wanted(entry), entry.name);
      assert.equal(stream.carry, entry.carry ?? '');
    }
  });

  it('keeps the carries of several sources apart', async () => {
    const engine = await make();
    const one = new EngineStream(engine);
    const two = new EngineStream(engine);
    one.run(bytesOf('a.b 1'), NOW_SEC);
    two.run(bytesOf('second'), NOW_SEC);
    assert.deepEqual(one.run(bytesOf(' 2\n'), NOW_SEC).out, { 0: 'a.b 1 2\n' });
    assert.deepEqual(two.run(bytesOf(' 3 4\nx'), NOW_SEC).out, { 1: 'second 3 4\n' });
  });
}

function seriesTests(make: Make): void {
  it('resolves a key once, however often it comes, and gives the bytes as received', async () => {
    const engine = await make({ levels: NONE });
    const keys: string[] = [];
    engine.setResolve((key) => {
      keys.push(latin1(key));
      return { kind: 'route', outputs: [0] };
    });
    const stream = new EngineStream(engine);
    stream.run(bytesOf('.a.b 1 2\na.b 1 2\n.a.b 1 3\n a.b  1 4\n\xff\xe4 1 2\n'), NOW_SEC);
    stream.run(bytesOf('a.b 1 5\n\xff\xe4 1 2\n.a.b 1 3\n'), NOW_SEC);
    assert.deepEqual(keys.toSorted(), ['.a.b', 'a.b', '\xff\xe4']);
    assert.equal(engine.stats().resolved, 3);
    assert.equal(engine.stats().series, 3);
  });

  it('resolves again after the table was swapped, and keeps the order', async () => {
    const engine = await make({ validateOrder: true });
    const stream = new EngineStream(engine);
    stream.run(bytesOf('a 1 10\nsecond 1 10\n'), NOW_SEC);
    for (let output = 1; output <= 200; output++) {
      engine.setResolve((key) => {
        const rewritten = Buffer.from(`${latin1(key)}.${'x'.repeat(output)}`);
        return { kind: 'route', outputs: [output], ...(output % 2 === 0 ? {} : { key: rewritten }) };
      });
      const told = stream.run(bytesOf(`a 1 ${10 + output}\nsecond 1 10\na 1 ${10 + output}\n`), NOW_SEC);
      const key = output % 2 === 0 ? 'a' : `a.${'x'.repeat(output)}`;
      assert.deepEqual(told.out, { [output]: `${key} 1 ${10 + output}\n` });
      assert.equal(told.outOfOrder, 2);
    }
  });

  keyTests(make);
  markTests(make);
  forgettingTests(make);
}

function markTests(make: Make): void {
  it('passes over the lines of series whose mark nobody wants, until marks are cleared or the table changes', async () => {
    const engine = await make();
    const { lines } = engine;
    const run = (): void => void engine.run(Buffer.alloc(0), bytesOf('a 1 2\nbad\nb 1 2\na 3 4\n'), NOW_SEC);
    const find = (wanted: number): string[] => {
      const found: string[] = [];
      for (let at = lines.nextMarked(0, wanted); at !== undefined; at = lines.nextMarked(at + 1, wanted)) {
        found.push(latin1(lines.lineOf(at).line));
      }
      return found;
    };
    run();
    assert.deepEqual(find(1), ['a 1 2', 'b 1 2', 'a 3 4']);
    const first = lines.nextMarked(0, 1) ?? 0;
    assert.equal(lines.markOf(first), undefined);
    lines.mark(first, 2);
    assert.equal(lines.markOf(first), 2);
    run();
    assert.deepEqual([find(1), find(2)], [['b 1 2'], ['a 1 2', 'b 1 2', 'a 3 4']]);
    for (const forget of [() => lines.clearMarks(), () => engine.setResolve(caseResolve(MEDIUM))]) {
      for (let at = lines.nextMarked(0, 0); at !== undefined; at = lines.nextMarked(at, 0)) lines.mark(at, 0);
      run();
      assert.deepEqual(find(1), []);
      forget();
      run();
      assert.deepEqual(find(1).length, 3);
    }
  });
}

function keyTests(make: Make): void {
  it('says which keys are new, and which are resolved again since the table changed', async () => {
    for (const validateOrder of [false, true]) {
      const engine = await make({ levels: NONE, validateOrder });
      const seen: string[] = [];
      const watch = () =>
        engine.setResolve((key, isNew) => {
          seen.push(`${latin1(key)} ${isNew}`);
          return { kind: 'route', outputs: [0] };
        });
      const stream = new EngineStream(engine);
      watch();
      stream.run(bytesOf('.a.b 1 2\nc 1 2\nc 1 3\n'), NOW_SEC);
      watch();
      stream.run(bytesOf('a.b 1 9\nc 1 9\nd 1 9\n.a.b 1 99\nd 1 99\n'), NOW_SEC);
      assert.deepEqual(seen.splice(0, 2).toSorted(), ['.a.b true', 'c true']);
      assert.deepEqual(seen.toSorted(), ['.a.b false', 'a.b true', 'c false', 'd true']);
    }
  });

  it('shows the keys of the last run as they came, but those of refused lines', async () => {
    const engine = await make({ validateOrder: true });
    const stream = new EngineStream(engine);
    stream.run(bytesOf('late 1 10\n'), NOW_SEC);
    const told = stream.run(
      bytesOf('.a  1\t2\nbad\nlate 1 9\na\u00e4 1 2\nb 1_0 2\nb..c 1 2\n\nb 1 5\n'),
      NOW_SEC,
    );
    assert.equal(told.received, 8);
    assert.deepEqual(told.keys, ['.a', 'b', 'b', 'b..c']);
    assert.equal(engine.keyOf(8), undefined);
    engine.run(Buffer.alloc(0), Buffer.alloc(0), NOW_SEC);
    assert.equal(engine.keyOf(0), undefined);
  });
}

function forgettingTests(make: Make): void {
  it('drops what a table without routes gets', async () => {
    const engine = await make();
    engine.setResolve(() => NOWHERE);
    const told = new EngineStream(engine).run(bytesOf('a 1 2\nb 1 2\n'), NOW_SEC);
    assert.deepEqual([told.received, told.unroutable, told.out], [2, 2, {}]);
  });

  it('goes on right when more series come than it remembers', async () => {
    const engine = await make({ maxSeries: 64, lineBytesMax: 64 });
    engine.setResolve((key) => {
      const output = Number(latin1(key).slice(1)) % 7;
      // Slots must come along when an entry moves to the young generation, one as well as a list.
      const values = output === 4 ? [4] : [output, 70 + output, 80 + output];
      return { kind: 'route', outputs: [output], values, ...(output === 3 ? { key: Buffer.from('r') } : {}) };
    });
    const stream = new EngineStream(engine);
    for (let round = 0; round < 40; round++) {
      const want = nothing();
      let input = '';
      for (let i = 0; i < 100; i++) {
        // Some keys come in every round, most come once.
        const number = i % 5 === 0 ? i : round * 100 + i;
        const output = number % 7;
        want.out[output] = `${want.out[output] ?? ''}${output === 3 ? 'r' : `k${number}`} ${i} ${round}\n`;
        input += `k${number} ${i} ${round}\n`;
        for (const slot of output === 4 ? [4] : [output, 70 + output, 80 + output]) {
          want.values.push([slot, round, i]);
        }
      }
      const told = stream.run(bytesOf(input), NOW_SEC);
      assert.deepEqual([told.out, told.values], [want.out, want.values]);
    }
    assert.ok(engine.stats().forgotten > 0, 'none forgotten');
  });
}

const vectors: { accepted: [string, string][]; range: string[]; syntax: string[] } = JSON.parse(
  readFileSync(new URL('../metric/number-vectors.json', import.meta.url), 'utf8'),
);
const accepted = vectors.accepted.map(([text]) => text).filter(isOneField);
const refused = [...vectors.range, ...vectors.syntax].filter(isOneField);

function isOneField(text: string): boolean {
  return !/^$|[\s\u0085]/.test(text);
}

function line(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function numberTests(make: Make): void {
  it('accepts every form that Go accepts, as value and as timestamp', async () => {
    const stream = new EngineStream(await make());
    for (const text of accepted) {
      const input = line(`k ${text} 1\nk 1 ${text}\n`);
      assert.deepEqual(stream.run(bytesOf(input), NOW_SEC).out, { 0: input }, text);
    }
  });

  it('refuses every form that Go refuses, as value and as timestamp', async () => {
    const stream = new EngineStream(await make());
    for (const text of refused) {
      const [value, timestamp] = [line(`k ${text} 1`), line(`k 1 ${text}`)];
      assert.deepEqual(
        stream.run(bytesOf(`${value}\n${timestamp}\n`), NOW_SEC).rejects,
        [
          ['invalid', 'value field is not a float or int', value],
          ['invalid', 'timestamp field is not a unix timestamp', timestamp],
        ],
        text,
      );
    }
  });

  it('reads every accepted form as a timestamp when the order is checked', async () => {
    const stream = new EngineStream(await make({ validateOrder: true, orderFutureMaxSec: 0xffff_ffff }));
    for (const [nth, text] of accepted.entries()) {
      const time = timestampSec(text);
      const told = stream.run(bytesOf(`k${nth} 1 ${text}\nk${nth} 1 ${time ?? 1}\n`), NOW_SEC);
      const verdict = [told.invalid, told.outOfOrder];
      assert.deepEqual(verdict, time === undefined ? [1, 0] : time === 0 ? [0, 2] : [0, 1], text);
    }
  });
}

function valueTests(make: Make): void {
  it('hands every accepted form to a window as Go reads it, as value and as timestamp', async () => {
    const engine = await make();
    engine.setResolve((key) =>
      latin1(key) === 'many'
        ? { kind: 'consume', values: [7, 0, 9] }
        : { kind: 'route', outputs: [1], values: [5] },
    );
    const stream = new EngineStream(engine);
    for (const text of accepted) {
      const number = parseNumber(text) as number;
      const time = timestampSec(text) ?? 0;
      const told = stream.run(bytesOf(line(`many ${text} 10\none 1 ${text}\n`)), NOW_SEC);
      const values = [
        [7, 10, number],
        [0, 10, number],
        [9, 10, number],
        [5, time, 1],
      ];
      assert.deepEqual(told.values, values, text);
      assert.deepEqual([told.consumed, told.out], [1, { 1: line(`one 1 ${text}\n`) }]);
    }
  });
}

function roundingTests(make: Make): void {
  it('rounds as Go does: random doubles, their neighbours and halfway points, in all digits and fewer', async () => {
    const engine = await make();
    engine.setResolve(() => ({ kind: 'consume', values: [1] }));
    const stream = new EngineStream(engine);
    const property = fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.nat(18),
      (value, cut) => {
        const half = halfway(value).slice(0, 19 + cut);
        for (const text of [String(value), value.toPrecision(1 + cut), value.toExponential(17), half]) {
          const told = stream.run(bytesOf(`k ${text} 1\n`), NOW_SEC);
          const number = parseNumber(text);
          assert.deepEqual(told.values, number === undefined ? [] : [[1, 1, number]], text);
        }
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });

  it('rounds as Go does: 50,000 random numbers of 19 digits, of which some lie next to a tie', async () => {
    const engine = await make();
    engine.setResolve(() => ({ kind: 'consume', values: [1] }));
    const stream = new EngineStream(engine);
    let state = 1n;
    for (let round = 0; round < 50; round++) {
      const texts = Array.from({ length: 1000 }, () => {
        state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
        return `${String(state).padStart(19, '1').slice(0, 19)}e${Number(state % 80n) - 40}`;
      });
      const told = stream.run(bytesOf(texts.map((text) => `k ${text} 1\n`).join('')), NOW_SEC);
      assert.deepEqual(
        told.values.map(([, , number]) => number),
        texts.map((text) => Number(text)),
      );
    }
  });

  it('rounds as Go does: numbers of every length, dot and exponent', async () => {
    const engine = await make();
    engine.setResolve(() => ({ kind: 'consume', values: [1] }));
    const stream = new EngineStream(engine);
    for (const text of numberTexts()) {
      const told = stream.run(bytesOf(`k ${text} 1\n`), NOW_SEC);
      assert.deepEqual(told.values, [[1, 1, parseNumber(text)]], text);
    }
  });
}

/** The number between an integer below 2^63 and the next double, in decimal: a tie. */
function halfway(value: number): string {
  const whole = BigInt(Math.floor(Math.abs(value) % 2 ** 62));
  const step = whole.toString(2).length - 53;
  return step < 1 ? `${whole}.5` : String((((whole >> BigInt(step)) * 2n + 1n) << BigInt(step)) / 2n);
}

/** Digits 1 to 25 long around every power of two near 2^53, dots at every place, exponents around the exact ones. */
function* numberTexts(): Iterable<string> {
  const digits = '9007199254740993141592653';
  for (let length = 1; length <= digits.length; length++) {
    const all = digits.slice(0, length);
    for (let dot = 0; dot <= length; dot++) yield `${all.slice(0, dot)}.${all.slice(dot)}`;
    for (const exponent of [-330, -44, -38, -23, -22, -1, 0, 1, 7, 22, 23, 38, 280]) {
      yield `-${all}e${exponent}`;
      yield `+0.${all}E${exponent}`;
    }
  }
}

function wanted(entry: EngineCase): Told {
  const invalid = (entry.invalid ?? []).map(([text, line]): Reject3 => ['invalid', text, line]);
  const late = (entry.outOfOrder ?? []).map((line): Reject3 => {
    return ['out_of_order', 'point is not newer than previous', line];
  });
  const lines = entry.input.split('\n');
  return {
    ...nothing(),
    received: lines.length - 1,
    invalid: invalid.length,
    outOfOrder: late.length,
    blocklisted: entry.blocklisted ?? 0,
    unroutable: entry.unroutable ?? 0,
    copies: entry.copies ?? 0,
    orderFuture: entry.orderFuture ?? 0,
    out: { ...entry.out },
    // No case has both, so their order is that of the lines.
    rejects: [...invalid, ...late],
  };
}

type Reject3 = [string, string, string];
