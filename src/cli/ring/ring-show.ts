// `sluice ring show`: the members of each ring, what each has of it and of keys, and where given keys live.
import type { CommandWorld } from '../command-world.ts';
import { renderTable } from '../render-amount.ts';
import { type KeyFlags, openKeys } from './ring-keys.ts';
import { type Ring, RingView } from './ring-view.ts';
import { renderCount } from '../../util/render-count.ts';

export interface ShowFlags extends KeyFlags {
  readonly config: string;
  readonly route?: string;
  readonly json?: true;
}

/** How often each member of a ring got a key, and how many keys came to the ring. */
interface Tally {
  readonly byMember: number[];
  keys: number;
}

/** Shows the rings of a config, or where keys live. */
export async function showRings(
  keys: readonly string[],
  flags: ShowFlags,
  world: CommandWorld,
): Promise<void> {
  const view = new RingView(flags.config, flags.route, world);
  if (keys.length > 0) {
    for (const key of keys) printKey(view, key, flags.json === true, world);
    return;
  }
  const source = openKeys(flags, world);
  const tallies = new Map<Ring, Tally>(
    view.rings.map((ring) => [ring, { byMember: ring.members.map(() => 0), keys: 0 }]),
  );
  let seen = 0;
  await source.each((key) => {
    seen += 1;
    const owners = source.made ? view.ownersOfMade(key) : view.ownersOfReceived(key);
    for (const [ring, members] of owners) {
      const tally = tallies.get(ring)!;
      tally.keys += 1;
      for (const member of members) tally.byMember[member]! += 1;
    }
  });
  if (flags.json === true) {
    const rings = view.rings.map((ring) => describeRing(ring, tallies.get(ring)!));
    world.print(`${JSON.stringify({ keys: seen, made: source.made, rings })}\n`);
    return;
  }
  for (const ring of view.rings) world.print(renderRing(ring, tallies.get(ring)!, source.made, seen));
}

function describeRing(ring: Ring, { byMember, keys }: Tally): unknown {
  return {
    route: ring.key,
    type: ring.type,
    copies: ring.copies,
    keys,
    members: ring.members.map((addr, member) => ({
      addr,
      ring: ring.shares[member],
      keys: byMember[member],
      share: keys === 0 ? 0 : byMember[member]! / keys,
    })),
  };
}

function renderRing(ring: Ring, { byMember, keys }: Tally, made: boolean, seen: number): string {
  const copies = ring.copies === 1 ? '' : `, ${ring.copies} copies of each key`;
  const head = `route "${ring.key}" (${ring.type}), ${ring.members.length} destinations${copies}`;
  const from = made
    ? `${renderCount(keys)} keys made up`
    : `${renderCount(keys)} of ${renderCount(seen)} keys`;
  const rows = ring.members.map((addr, member) => [
    `  ${addr}`,
    percent(ring.shares[member]!),
    renderCount(byMember[member]!),
    keys === 0 ? '-' : percent(byMember[member]! / keys),
  ]);
  const table = renderTable([['  destination', 'of the ring', 'keys', 'of them'], ...rows], {
    right: [1, 2, 3],
  });
  return `${head}; ${from}\n${table}`;
}

function printKey(view: RingView, key: string, json: boolean, world: CommandWorld): void {
  const places = view.placesOf(Buffer.from(key)).map(({ ring, place }) => ({
    route: ring.key,
    position: place.position,
    destinations: place.members.map((member) => ring.members[member]!),
  }));
  if (json) {
    world.print(`${JSON.stringify({ key, places })}\n`);
    return;
  }
  if (places.length === 0) world.print(`${key}: no route that hashes takes it; "sluice explain" says why\n`);
  for (const { route, position, destinations } of places) {
    world.print(`${key}: route "${route}", position ${position}, ${destinations.join(', ')}\n`);
  }
}

/** Renders a share of one as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
