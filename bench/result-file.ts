// The file of results: what each scenario gave, with the commit, the machine and the versions of that run. A scenario that
// is run again replaces what is there, so that a cut loses no more than one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { ROOT } from '../tools/source-files.ts';
import type { Measurement } from './e2e-run.ts';
import type { Relay } from './relays/relay.ts';
import type { PeerScenario } from './scenario.ts';

/** Where figures were taken, and of what. */
export interface Origin {
  readonly commit: string;
  /** The checkout held changes that no commit has. */
  readonly dirty: boolean;
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly kernel: string;
  };
  readonly node: string;
}

/** A run that gave no figure. */
export interface Failure {
  readonly relay: string;
  readonly round: number;
  readonly message: string;
}

/** What one scenario gave. */
export interface ScenarioResult {
  readonly origin: Origin;
  /** As it was run. */
  readonly scenario: PeerScenario;
  readonly rounds: number;
  /** By relay. */
  readonly versions: Readonly<Record<string, string>>;
  /** Relays that are not on the machine, and why. */
  readonly absent: Readonly<Record<string, string>>;
  /** Runs that gave no figure. */
  readonly failed: readonly Failure[];
  readonly measurements: readonly Measurement[];
}

/** Says where and of what figures are taken now. */
export function readOrigin(): Origin {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    commit: git('rev-parse', '--short=10', 'HEAD'),
    // The results of this very run do not count.
    dirty: git('status', '--porcelain', '--', ':/', ':(exclude,top)bench/results') !== '',
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? '',
      cores: cpus().length,
      memoryGib: Math.round(totalmem() / 2 ** 30),
      kernel: kernelVersion(release()),
    },
    node: process.version,
  };
}

/** The x.y.z of a kernel's release: the rest names somebody's build, and says nothing of what it does. */
export function kernelVersion(release: string): string {
  return /^\d+(\.\d+)*/.exec(release)?.[0] ?? release;
}

/** Reads the version of each relay. */
export function readVersions(relays: readonly Relay[]): Record<string, string> {
  return Object.fromEntries(relays.map((relay) => [relay.name, relay.version()]));
}

/** Reads a file of results; none is an empty one. */
export function readResults(file: string): ScenarioResult[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ScenarioResult[]) : [];
}

/** Puts the result of one scenario into a file, in place of what was there of it. */
export function keepResult(file: string, result: ScenarioResult): void {
  const others = readResults(file).filter(({ scenario }) => scenario.name !== result.scenario.name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, renderResults([...others, result]));
  renameSync(`${file}.new`, file);
}

/** A measurement a line, so that a diff shows what changed. */
function renderResults(results: readonly ScenarioResult[]): string {
  const parts = results.map(({ measurements, ...rest }) => {
    const head = JSON.stringify(rest, null, 1).replace(/\n\}$/, ',');
    const rows = measurements.map((one) => `  ${JSON.stringify(roundFigures(one))}`);
    return `${head}\n "measurements": [\n${rows.join(',\n')}\n ]\n}`;
  });
  return `[\n${parts.join(',\n')}\n]\n`;
}

const DIGITS = 5;

function roundFigures(measurement: Measurement): unknown {
  return JSON.parse(JSON.stringify(measurement), (_key, value: unknown) => {
    if (typeof value !== 'number' || Number.isInteger(value)) return value;
    return Number(value.toPrecision(DIGITS));
  });
}
