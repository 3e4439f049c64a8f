// Seeded random runs of a durable destination over kills, power cuts and a failing disk: what was booked arrives. A failing
// run prints its seed; DURABILITY_MODEL_SEED=n runs that one alone, DURABILITY_MODEL_RUNS=n more of them.
import { test } from 'node:test';
import { DurabilityWorld } from './durability-world.ts';

const RUNS = Number(process.env['DURABILITY_MODEL_RUNS'] ?? 100);
const STEPS_PER_RUN = 250;

test(`${RUNS * STEPS_PER_RUN} random steps lose no line that was booked`, async (t) => {
  const given = process.env['DURABILITY_MODEL_SEED'];
  const first = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
  const runs = given === undefined ? RUNS : 1;
  t.diagnostic(`seeds ${first} to ${first + runs - 1}`);
  for (let seed = first; seed < first + runs; seed += 1) {
    const world = new DurabilityWorld(seed);
    try {
      for (let step = 0; step < STEPS_PER_RUN; step += 1) await world.step();
      await world.finish();
    } catch (error) {
      throw new Error(`DURABILITY_MODEL_SEED=${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});
