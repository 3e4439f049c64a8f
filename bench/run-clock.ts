// How far a long run has come and how long it will still take, on standard error.
import type { PeerScenario } from './scenario.ts';

/** Until a relay has been through a scenario, a run of it is taken to last as long as its load and so much more. */
const AROUND_SEC = 4;
const FULL_SPEED_SEC = 2;

/** Counts runs that were expected down. */
export class RunClock {
  readonly #left = new Map<string, number>();
  readonly #lastSec = new Map<string, number>();
  readonly #guessSec = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #write: (text: string) => void;
  #total = 0;
  #done = 0;
  #startedMs = 0;

  constructor(
    nowMs: () => number = () => performance.now(),
    write: (text: string) => void = (text) => process.stderr.write(text),
  ) {
    this.#nowMs = nowMs;
    this.#write = write;
  }

  /** Adds runs of one relay. */
  expect(scenario: PeerScenario, relay: string, rounds: number): void {
    const key = `${scenario.name} ${relay}`;
    this.#left.set(key, rounds);
    this.#guessSec.set(key, guessSec(scenario));
    this.#total += rounds;
  }

  /** Says what runs now, which of how many it is, and how long all will still take. */
  start(scenario: PeerScenario, relay: string, round: number, rounds: number): void {
    this.#startedMs = this.#nowMs();
    this.#write(
      `[${this.#done + 1} of ${this.#total}] ${scenario.name}, round ${round} of ${rounds}, ${relay}; ` +
        `${renderLeft(this.leftSec())} left\n`,
    );
  }

  /** Counts the run that was started as done. */
  end(scenario: PeerScenario, relay: string): void {
    const key = `${scenario.name} ${relay}`;
    this.#lastSec.set(key, (this.#nowMs() - this.#startedMs) / 1000);
    this.#left.set(key, (this.#left.get(key) ?? 1) - 1);
    this.#done++;
  }

  /** Guesses how long what is left will take. */
  leftSec(): number {
    let seconds = 0;
    for (const [key, runs] of this.#left) {
      seconds += runs * (this.#lastSec.get(key) ?? this.#guessSec.get(key) ?? 0);
    }
    return seconds;
  }
}

function guessSec({ load: { mode }, warmup = [], table }: PeerScenario): number {
  const windows = table.kind === 'aggregate' ? table.intervalSec + table.waitSec : 0;
  return [mode, ...warmup].reduce(
    (sum, each) => sum + ('seconds' in each ? each.seconds : FULL_SPEED_SEC / 2),
    AROUND_SEC + windows,
  );
}

function renderLeft(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
