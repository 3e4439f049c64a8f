// Values that stand above the config file: flags first, then environment variables.
import { outsidePlace, type Place } from './problem.ts';

/** Flags by name ("--listen-addr"), each with every value it was given. */
export type Flags = ReadonlyMap<string, readonly string[]>;

/** A value from outside the config file. A list has one text for each of its strings. */
export interface Override {
  readonly texts: readonly string[];
  readonly place: Place;
}

/** Looks options up among flags and environment variables. */
export class Overrides {
  readonly #flags: Flags;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(flags: Flags, env: Readonly<Record<string, string | undefined>>) {
    this.#flags = flags;
    this.#env = env;
  }

  /** Finds an option's value: the flag, else the environment variable (strings of a list separated by newlines). */
  find(envName: string, flagName: string): Override | undefined {
    const flag = this.#flags.get(flagName);
    if (flag !== undefined && flag.length > 0) return { texts: flag, place: outsidePlace(flagName) };
    const value = this.#env[envName];
    if (value === undefined) return undefined;
    const texts = value.includes('\n') ? value.split('\n').filter((text) => text !== '') : [value];
    return { texts, place: outsidePlace(`environment variable ${envName}`) };
  }
}
