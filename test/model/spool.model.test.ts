// Seeded random runs of the spool on a disk in memory that loses what was not synced: offers, reads, acknowledgements,
// rewinds, kills, power cuts, flipped bits, cut files, a full and a failing disk. A failing run prints its seed;
// SPOOL_MODEL_SEED=n runs that one alone, SPOOL_MODEL_RUNS=n more of them.
import { test } from 'node:test';
import { SpoolWorld } from './spool-world.ts';

const RUNS = Number(process.env['SPOOL_MODEL_RUNS'] ?? 400);
const STEPS_PER_RUN = 250;

test(`${RUNS * STEPS_PER_RUN} random steps keep the model of the spool`, async (t) => {
  const given = process.env['SPOOL_MODEL_SEED'];
  const first = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
  const runs = given === undefined ? RUNS : 1;
  t.diagnostic(`seeds ${first} to ${first + runs - 1}`);
  for (let seed = first; seed < first + runs; seed += 1) {
    const world = new SpoolWorld(seed);
    let step = 0;
    try {
      for (; step < STEPS_PER_RUN; step += 1) await world.step();
      await world.finish();
    } catch (error) {
      const place = step < STEPS_PER_RUN ? `step ${step}` : 'the end';
      throw new Error(`at ${place} of SPOOL_MODEL_SEED=${seed}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
});
