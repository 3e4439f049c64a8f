import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDestination } from '../../../src/destination/parse-destination.ts';
import { matchDestinations, type PlacedDestination } from '../../../src/relay/change/match-destinations.ts';

/** `ROUTE ADDR OPTIONS` */
function place(text: string): PlacedDestination {
  const [routeKey = '', ...words] = text.split(' ');
  const parsed = parseDestination(words.join(' '));
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error);
  return { routeKey, options: parsed.options };
}

function match(running: readonly string[], wanted: readonly string[]): (number | undefined)[] {
  return matchDestinations(new Map(running.map((text, id) => [id, place(text)])), wanted.map(place));
}

test('a destination that is the same goes on, wherever it stands now', () => {
  assert.deepEqual(match(['r h:1', 'r h:2', 's h:1'], ['s h:1', 'r h:2', 'r h:3', 'r h:1']), [
    2,
    1,
    undefined,
    0,
  ]);
});

test('one whose options changed goes on when it can take them up', () => {
  assert.deepEqual(match(['r h:1', 'r h:2'], ['r h:2 flush=5', 'r h:1 prefix=a.']), [1, 0]);
  assert.deepEqual(match(['r h:1'], ['r h:1 spool=false']), [undefined]);
  assert.deepEqual(match(['r h:1'], ['other h:1']), [undefined]);
});

test('what is the same goes before what is near, and nothing goes on as two', () => {
  assert.deepEqual(match(['r h:1', 'r h:1 flush=5'], ['r h:1 flush=7', 'r h:1']), [1, 0]);
  assert.deepEqual(match(['r h:1'], ['r h:1 flush=7', 'r h:1']), [undefined, 0]);
  assert.deepEqual(match(['r h:1', 'r h:1'], ['r h:1', 'r h:1', 'r h:1']), [0, 1, undefined]);
  assert.deepEqual(match(['r h:1 spool=false', 'r h:1'], ['r h:1 flush=1']), [1]);
});
