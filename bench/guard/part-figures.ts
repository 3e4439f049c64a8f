// The parts of the hot path, each beside the reference loop in the same round. Several processes one after the other: the
// compiler decides anew in each, and may decide badly in one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuMicros } from '../cpu-micros.ts';
import { type Figure, makeFigure } from './judge.ts';
import { makeProbes } from './probes.ts';
import { makeReferenceLoop } from './reference-loop.ts';

const PROCESSES = 3;
const WARM_RUNS = 4;

/** Costs of one part and of the loop beside it, by round. */
interface PartCosts {
  readonly name: string;
  readonly costs: readonly number[];
  readonly references: readonly number[];
}

/** Measures the parts over so many rounds in each process; `names`: which figures, all unless given. */
export async function measureParts(rounds: number, names?: ReadonlySet<string>): Promise<Figure[]> {
  const all = new Map<string, PartCosts>();
  for (let process = 0; process < PROCESSES; process++) {
    for (const { name, costs, references } of await measureElsewhere(rounds, names)) {
      const before = all.get(name) ?? { costs: [], references: [] };
      all.set(name, {
        name,
        costs: [...before.costs, ...costs],
        references: [...before.references, ...references],
      });
    }
  }
  // A part that loses something throws, and the guard with it.
  return [...all.values()].map(({ name, costs, references }) => makeFigure(name, costs, references, 0));
}

async function measureElsewhere(rounds: number, names?: ReadonlySet<string>): Promise<readonly PartCosts[]> {
  const args = [String(rounds), ...(names ?? [])];
  const child = fork(import.meta.filename, args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const answer = once(child, 'message') as Promise<[readonly PartCosts[]]>;
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the parts could not be measured (exit code ${code})`);
  });
  failed.catch(() => undefined);
  const [costs] = await Promise.race([answer, failed]);
  return costs;
}

async function measureHere(rounds: number, names: readonly string[]): Promise<PartCosts[]> {
  const loop = makeReferenceLoop();
  const probes = (await makeProbes()).filter(({ name }) => names.length === 0 || names.includes(name));
  for (let run = 0; run < WARM_RUNS; run++) {
    loop();
    for (const probe of probes) await probe.run();
  }
  const parts = probes.map(({ name }) => ({ name, costs: [] as number[], references: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [at, probe] of probes.entries()) {
      const before = await cost(loop);
      parts[at]?.costs.push(await cost(() => probe.run()));
      parts[at]?.references.push((before + (await cost(loop))) / 2);
    }
  }
  return parts;
}

async function cost(run: () => void | Promise<void>): Promise<number> {
  const before = cpuMicros();
  await run();
  return cpuMicros() - before;
}

if (import.meta.main) {
  const [rounds, ...names] = process.argv.slice(2);
  const parts = await measureHere(Number(rounds), names);
  // The spool's timers would keep the process.
  process.send?.(parts, () => process.exit());
}
