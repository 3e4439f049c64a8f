import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDestinationStats } from '../../telemetry/fake-view.ts';
import { HttpBench } from './http-bench.ts';

test('GET /api/timings shows each histogram over its windows', async (t) => {
  const bench = await new HttpBench().start(t);
  bench.view.destinationRows = [makeDestinationStats()];
  const response = await bench.get('/api/timings');
  assert.equal(response.status, 200);
  const { destinations } = (await response.json()) as ReturnType<typeof JSON.parse>;
  const [{ key, queue, timings }] = destinations;
  assert.equal(key, 'dest_a');
  assert.deepEqual(queue.bytesHigh, { '10s': 50, '1m': 50, '1h': 50, all: 100 });
  assert.equal(timings.write.unit, 'us');
  for (const window of ['10s', '1m', '1h', 'all']) {
    const { count, mean, p50, p75, p95, p99, p999, max } = timings.write[window];
    assert.deepEqual(
      { count, mean, p95, p99, p999, max },
      { count: 4, mean: 28_000, p95: 100_000, p99: 100_000, p999: 100_000, max: 100_000 },
    );
    assert.ok(Math.abs(p50 - 1000) < 20);
    assert.ok(Math.abs(p75 - 10_000) < 200);
  }
  assert.equal(timings.stall, undefined);
});
