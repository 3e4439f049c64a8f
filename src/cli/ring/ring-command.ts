// `sluice ring`: its subcommands, their flags and help.
import type { Command } from 'commander';
import type { CommandWorld } from '../command-world.ts';
import { exitHelp } from '../exit-code.ts';
import { type DiffFlags, diffRings } from './ring-diff.ts';
import { SAMPLE_DEFAULT } from './ring-keys.ts';
import { type ShowFlags, showRings } from './ring-show.ts';

const KEYS_HELP = `
Rings are the routes that put keys on destinations by a hash, and any_of (docs/hashing.md). Keys come from --keys, a file or
"-" for standard input, the first word of each line; they take the way of a key that the relay receives, through
blocklist, rewriters and conditions. Without --keys, ${SAMPLE_DEFAULT} keys are made up (--sample: that many) and put on each
ring as they are: good for shares, not for what is on your disks.`;

const SHOW_HELP = `
Given KEYs, it says where each of them lives. "of the ring" is the part of all positions that a destination owns; with
several copies of each key, "of them" adds up to that many times 100 %.

With --json: {"keys":n,"made":b,"rings":[{"route":s,"type":s,"copies":n,"keys":n,"members":[{"addr":s,"ring":x,"keys":n,
"share":x}]}]}, and for each KEY a line {"key":s,"places":[{"route":s,"position":n,"destinations":[s]}]}.`;

const DIFF_HELP = `
Routes are compared with those of the same key, destinations by their addresses as written. "-" stands for no destination:
a copy more or fewer, or a key that a route takes in one config only.

With --json: {"made":b,"routes":[{"route":s,"before":s,"after":s,"keys":n,"moved":n,"share":x,"moves":[{"from":s,"to":s,
"keys":n,"share":x}]}]}.`;

const EXIT_HELP = exitHelp('done', 'a config is refused or has no ring, or keys cannot be read');

/** Adds `ring` and its subcommands. */
export function addRing(program: Command, world: CommandWorld): void {
  const ring = program
    .command('ring')
    .description('say where keys live, and what a change of the config moves')
    .addHelpText('after', EXIT_HELP);
  const add = (name: string, description: string, help: string): Command =>
    ring
      .command(name)
      .description(description)
      .option('--route <key>', 'only the route of this key')
      .option('--keys <file>', 'keys from a file, or "-": from standard input')
      .option('--sample <count>', 'how many keys to make up')
      .option('--json', 'as JSON')
      .addHelpText('after', `${KEYS_HELP}\n${help}\n${EXIT_HELP}`);
  add('show', 'members of rings, what share each has, and where keys live', SHOW_HELP)
    .argument('[key...]', 'keys to look up')
    .requiredOption('--config <file>', 'the config')
    .action((keys: string[], flags: ShowFlags) => showRings(keys, flags, world));
  add('diff', 'which share of keys moves from where to where between two configs', DIFF_HELP)
    .argument('<before>', 'the config in force')
    .argument('<after>', 'the config to come')
    .action((before: string, after: string, flags: DiffFlags) => diffRings(before, after, flags, world));
}
