// Runs one relay through one scenario, of whatever kind it is.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measurement, runOnce } from './e2e-run.ts';
import type { LoadMode } from './load.ts';
import type { Relay } from './relays/relay.ts';
import { runAggregate } from './run-aggregate.ts';
import { runTrouble } from './run-trouble.ts';
import { type PeerScenario, scenarioFor } from './scenario.ts';

/** Metrics of the file that is sent over and over. */
const PICKLE_FILE_METRICS = 200_000;

let pickleFolder: string | undefined;

/** Runs one relay through its share of one scenario. */
export function runScenario(scenario: PeerScenario, relay: Relay, round: number): Promise<Measurement> {
  const own = scenarioFor(scenario, relay);
  if (own.kind === 'aggregate') return runAggregate(own, relay, round);
  if (own.kind === 'trouble') return runTrouble(own, relay, round);
  return runOnce(own.kind === 'pickle' ? withPickleFile(own) : own, relay, round);
}

function withPickleFile(scenario: PeerScenario): PeerScenario {
  const file = makePickleFile();
  const fill = (mode: LoadMode): LoadMode => (mode.kind === 'pickle' ? { ...mode, file } : mode);
  return {
    ...scenario,
    load: { ...scenario.load, mode: fill(scenario.load.mode) },
    warmup: (scenario.warmup ?? []).map(fill),
  };
}

/** Has Python itself write the messages, once a process. */
function makePickleFile(): string {
  if (pickleFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-pickle-'));
    pickleFolder = folder;
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const script = join(import.meta.dirname, 'make-pickles.py');
    execFileSync('python3', [script, String(PICKLE_FILE_METRICS), join(folder, 'frames')]);
  }
  return join(pickleFolder, 'frames');
}
