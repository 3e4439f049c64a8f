import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { renderProblem } from '../../src/config/problem.ts';
import { loadText } from './load-text.ts';

const RUNS = 2_000;

const golden = ['packaged.ini', 'every-key.toml'].map((name) =>
  readFileSync(new URL(`../golden/config/${name}`, import.meta.url), 'utf8'),
);

/** Pieces that hurt parsers. */
const shard = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    "'''",
    '[',
    ']',
    '[[',
    '{',
    '}',
    '=',
    '\n',
    '\r',
    ',',
    '#',
    '${',
    '$',
    '\\',
    '\0',
    '__proto__',
    '😀',
  ),
  fc.constantFrom(
    'constructor',
    '[[route]]\n',
    'nan',
    '-1',
    '1e999',
    '0x',
    '1979-05-27',
    'toString',
    '${env:X}',
    '${HOST}',
  ),
  fc.string({ maxLength: 8 }),
);

interface Mutation {
  readonly at: number;
  readonly cut: number;
  readonly insert: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof({ weight: 8, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(400) }),
  insert: shard,
});

function mutate(text: string, mutations: readonly Mutation[]): string {
  let mutated = text;
  for (const { at, cut, insert } of mutations) {
    const index = Math.floor(at * mutated.length);
    mutated = mutated.slice(0, index) + insert + mutated.slice(index + cut);
  }
  return mutated;
}

test('whatever becomes of a config, loading it gives a config or errors with places, and never throws', () => {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 });
  const check = fc.property(fc.constantFrom(...golden), mutations, (text, list) => {
    const mutated = mutate(text, list);
    const lines = mutated.split('\n').length;
    const { config, problems } = loadText(mutated);
    assert.equal(
      config === undefined,
      problems.some(({ kind }) => kind === 'error'),
    );
    for (const problem of problems) {
      assert.ok(problem.place.line >= 1 && problem.place.line <= lines, renderProblem(problem));
      assert.ok(problem.place.column >= 1, renderProblem(problem));
      assert.ok(!/[\n\r]/.test(renderProblem(problem)));
    }
  });
  // On failure fast-check prints the seed.
  fc.assert(check, { numRuns: RUNS });
});
