// The profiles of `sluice bench`, and how its flags become a plan.
import { CommandError, EXIT } from '../exit-code.ts';
import {
  LINE_BYTES,
  LOAD_BOUNDS,
  type LoadMode,
  type LoadPlan,
  TAG_BYTES,
  type Transport,
} from './load-plan.ts';

/** Flags that shape the load, as written. */
export interface LoadFlags {
  readonly profile: string;
  readonly rate?: string;
  readonly linesPerWrite?: string;
  readonly series: string;
  readonly lineBytes?: string;
  readonly tags: string;
  readonly connections?: string;
  readonly lines?: string;
  readonly seconds?: string;
  readonly seed: string;
}

interface Profile {
  readonly about: string;
  readonly connections: number;
  readonly seconds: number;
  readonly rate?: number;
  readonly linesPerWrite: number;
  readonly transport?: Transport;
  readonly newEach?: number;
}

const COMMON = { connections: 4, seconds: 10, linesPerWrite: 5 } as const;

/** All profiles by name. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  full: { ...COMMON, about: 'as fast as the relay takes lines' },
  paced: { ...COMMON, about: 'an even rate, --rate or paced:RATE; 100,000/s', rate: 100_000 },
  notes: {
    ...COMMON,
    about:
      "the traffic of carbon-relay-ng's tuning notes: 3,000/s, 10,000/s for 2 s, 700 in 10 ms, one line a write",
    seconds: 20,
  },
  churn: { ...COMMON, about: 'every line a new series', newEach: 1 },
  fanin: { ...COMMON, about: '10,000 connections', connections: 10_000 },
  pickle: { ...COMMON, about: "carbon's pickle protocol to the target", transport: 'pickle' },
  udp: {
    ...COMMON,
    about: 'datagrams at 100,000 lines/s, as many lines in each as fit; the network may lose them',
    rate: 100_000,
    linesPerWrite: 20,
    transport: 'udp',
  },
};

/** Makes the plan that flags ask for; throws a usage error of one line. */
export function makePlan(flags: LoadFlags): LoadPlan {
  const [name = '', rateText] = flags.profile.split(':', 2);
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile === undefined) {
    throw usage(`no profile "${name}"; there are ${Object.keys(PROFILES).join(', ')}`);
  }
  if (rateText !== undefined && flags.rate !== undefined) {
    throw usage(`give the rate once: --profile ${flags.profile} or --rate ${flags.rate}`);
  }
  const tags = readCount('--tags', flags.tags, 0, LOAD_BOUNDS.tags);
  const least = LINE_BYTES + tags * TAG_BYTES;
  return {
    mode: makeMode(name, profile, { ...flags, rate: rateText ?? flags.rate }),
    transport: profile.transport ?? 'tcp',
    connections: readCount(
      '--connections',
      flags.connections ?? profile.connections,
      1,
      LOAD_BOUNDS.connections,
    ),
    series: readCount('--series', flags.series, 1, LOAD_BOUNDS.series),
    ...(profile.newEach === undefined ? {} : { newEach: profile.newEach }),
    lineBytes: readCount('--line-bytes', flags.lineBytes ?? least, least, LOAD_BOUNDS.lineBytes),
    tags,
    seed: readCount('--seed', flags.seed, 0, 2 ** 31),
  };
}

function makeMode(
  name: string,
  profile: Profile,
  flags: Omit<LoadFlags, 'rate'> & { readonly rate: string | undefined },
): LoadMode {
  if (flags.lines !== undefined && flags.seconds !== undefined) {
    throw usage('--lines and --seconds exclude each other');
  }
  const seconds = readSeconds(flags.seconds ?? profile.seconds);
  const lines =
    flags.lines === undefined ? undefined : readCount('--lines', flags.lines, 1, LOAD_BOUNDS.lines);
  if (name === 'notes') {
    if (lines !== undefined || flags.rate !== undefined) {
      throw usage('the profile notes has a rate of its own: it takes --seconds, no --lines and no --rate');
    }
    if (flags.linesPerWrite !== undefined) {
      throw usage('the profile notes writes each line by itself: it takes no --lines-per-write');
    }
    return { kind: 'notes', seconds };
  }
  const linesPerWrite =
    flags.linesPerWrite === undefined
      ? undefined
      : readCount('--lines-per-write', flags.linesPerWrite, 1, LOAD_BOUNDS.linesPerWrite);
  const wanted = flags.rate ?? profile.rate;
  if (wanted === undefined) {
    const end = lines === undefined ? { seconds } : { lines };
    return { kind: 'full', ...end, ...(linesPerWrite !== undefined && { linesPerWrite }) };
  }
  const rate = readCount('--rate', wanted, 1, LOAD_BOUNDS.rate);
  return {
    kind: 'paced',
    rate,
    linesPerWrite: linesPerWrite ?? profile.linesPerWrite,
    seconds: lines === undefined ? seconds : lines / rate,
  };
}

function readSeconds(text: string | number): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= LOAD_BOUNDS.seconds)) {
    throw usage(`--seconds ${text}: a number above 0 and at most ${LOAD_BOUNDS.seconds}`);
  }
  return seconds;
}

/** Reads a whole number within bounds; `1_000_000` and `1,000,000` are understood. */
export function readCount(flag: string, text: string | number, least: number, most: number): number {
  const count =
    typeof text === 'number' ? text : /^\d[\d_,]*$/.test(text) ? Number(text.replaceAll(/[_,]/g, '')) : NaN;
  if (!(count >= least && count <= most)) {
    throw usage(`${flag} ${text}: a whole number from ${least} to ${most}`);
  }
  return count;
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
