import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffLists } from '../../src/util/diff-lists.ts';

function diff(before: string, after: string): string {
  const { removed, added, kept } = diffLists(before.split(''), after.split(''));
  return `-${removed.join(',')} +${added.join(',')} =${kept}`;
}

test('tells what is gone, what is new and how much stayed', () => {
  assert.equal(diff('', ''), '- + =0');
  assert.equal(diff('abc', 'abc'), '- + =3');
  assert.equal(diff('abc', ''), '-0,1,2 + =0');
  assert.equal(diff('', 'ab'), '- +0,1 =0');
  assert.equal(diff('abcd', 'abXd'), '-2 +2 =3');
  assert.equal(diff('abcde', 'acde'), '-1 + =4');
  assert.equal(diff('aab', 'ab'), '-1 + =2');
  assert.equal(diff('abc', 'bca'), '-0 +2 =2');
});

test('removing and adding what it says makes the one list of the other', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const pick = (count: number, salt: number): string[] =>
      Array.from({ length: count }, (_, n) => String((seed * 7919 + n * n * 31 + salt * n) % 5));
    const before = pick(seed % 9, 3);
    const after = pick((seed * 3) % 11, 17);
    const { removed, added, kept } = diffLists(before, after);
    const stayed = before.filter((_, index) => !removed.includes(index));
    assert.deepEqual(
      stayed,
      after.filter((_, index) => !added.includes(index)),
      `seed ${seed}`,
    );
    assert.equal(kept, stayed.length);
  }
});

test('long lists without a common part cost no more than their length', () => {
  const before = Array.from({ length: 20_000 }, (_, n) => `a${n}`);
  const after = Array.from({ length: 20_000 }, (_, n) => `b${n}`);
  assert.equal(diffLists(before, after).removed.length, 20_000);
});
