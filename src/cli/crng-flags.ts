// carbon-relay-ng's own flags, which its systemd units and scripts may hold: taken off the command line, without effect.

const SWITCHES = new Set(['enable-pprof']);
const WITH_VALUE = new Set(['cpuprofile', 'block-profile-rate', 'mem-profile-rate']);

/** The command line without crng's flags, and which of them it had. */
export interface StrippedArgs {
  readonly args: readonly string[];
  readonly flags: readonly string[];
}

/** Takes crng's flags away: Go's forms `-name`, `--name`, `-name=value` and `-name value`. */
export function stripCrngFlags(args: readonly string[]): StrippedArgs {
  const kept: string[] = [];
  const flags: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const [, name = '', value] = /^--?([a-z-]+)(=.*)?$/.exec(arg) ?? [];
    if (!SWITCHES.has(name) && !WITH_VALUE.has(name)) {
      kept.push(arg);
      continue;
    }
    flags.push(`-${name}`);
    if (WITH_VALUE.has(name) && value === undefined) index++;
  }
  return { args: kept, flags };
}
