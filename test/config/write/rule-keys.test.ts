import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASH_ROUTE_KEYS } from '../../../src/config/route-options.ts';
import { routeKeys } from '../../../src/config/write/rule-keys.ts';

test('every option of a hash that is not at its default is written', () => {
  const keys = routeKeys(
    {
      key: 'r',
      type: 'carbon_ch',
      matcher: {},
      stop: false,
      replicationFactor: 2,
      diverseReplicas: false,
      tagRelayNormalized: true,
      hashNameOnly: true,
      destinations: [],
    },
    () => '',
  );
  assert.deepEqual(
    HASH_ROUTE_KEYS.filter((name) => !keys.has(name)),
    [],
  );
});
