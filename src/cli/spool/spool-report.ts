// What commands on spools print: what was done, for people or as JSON, and what could not be.
import type { CommandWorld } from '../command-world.ts';
import { EXIT } from '../exit-code.ts';
import type { Copied } from './spool-export.ts';
import { renderCount } from '../../util/render-count.ts';

/** Prints an object as one line of JSON, or the text. */
export function report(
  flags: { readonly json?: true },
  object: unknown,
  text: string,
  world: CommandWorld,
): void {
  world.print(flags.json === true ? `${JSON.stringify(object)}\n` : `${text}\n`);
}

/** Says what was left out when lines were copied; answers the exit code. */
export function complainOfDamage(copied: Copied, world: CommandWorld): number {
  const { damagedPlaces, damagedBytes, refusedLines, notes } = copied;
  for (const note of notes) world.complain(`sluice: ${note}\n`);
  if (damagedPlaces > 0) {
    const bytes = damagedBytes > 0 ? ` (${renderCount(damagedBytes)} bytes)` : '';
    world.complain(`sluice: ${damagedPlaces} damaged places${bytes} were left out\n`);
  }
  if (refusedLines > 0) world.complain(`sluice: ${refusedLines} lines do not fit this form\n`);
  return damagedPlaces + refusedLines + notes.length > 0 ? EXIT.failed : EXIT.ok;
}
