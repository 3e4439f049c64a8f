// `sluice ring diff`: which share of keys moves from where to where when one config takes the place of another.
import type { CommandWorld } from '../command-world.ts';
import { renderTable } from '../render-amount.ts';
import { openKeys } from './ring-keys.ts';
import { percent, type ShowFlags } from './ring-show.ts';
import { type Owners, type Ring, RingView } from './ring-view.ts';
import { renderCount } from '../../util/render-count.ts';

export type DiffFlags = Omit<ShowFlags, 'config'>;

/** Stands for no destination: a copy more or fewer, or a key that a route takes in one config only. */
const NOWHERE = '-';

/** What changes for the keys of one route. */
interface Change {
  readonly route: string;
  readonly before: Ring | undefined;
  readonly after: Ring | undefined;
  keys: number;
  /** Keys of which at least one copy moves. */
  moved: number;
  /** Copies by where they were and where they go, `from\nto`. */
  readonly moves: Map<string, number>;
}

/** Compares two configs. */
export async function diffRings(
  beforeFile: string,
  afterFile: string,
  flags: DiffFlags,
  world: CommandWorld,
): Promise<void> {
  const before = new RingView(beforeFile, flags.route, world);
  const after = new RingView(afterFile, flags.route, world);
  const changes = pairRings(before, after);
  const source = openKeys(flags, world);
  await source.each((key) => {
    const old = source.made ? before.ownersOfMade(key) : before.ownersOfReceived(key);
    const now = source.made ? after.ownersOfMade(key) : after.ownersOfReceived(key);
    for (const change of changes) noteKey(change, old, now);
  });
  if (flags.json === true) {
    world.print(`${JSON.stringify({ made: source.made, routes: changes.map(describeChange) })}\n`);
    return;
  }
  for (const change of changes) world.print(renderChange(change, before.name, after.name));
}

/** Routes are told apart by their keys. */
function pairRings(before: RingView, after: RingView): Change[] {
  const keys = new Set([...before.rings, ...after.rings].map(({ key }) => key));
  const ofKey = (view: RingView, route: string): Ring | undefined =>
    view.rings.find(({ key }) => key === route);
  return [...keys].map((route) => {
    return {
      route,
      before: ofKey(before, route),
      after: ofKey(after, route),
      keys: 0,
      moved: 0,
      moves: new Map(),
    };
  });
}

function noteKey(change: Change, old: Owners, now: Owners): void {
  const from = addressesOf(change.before, old);
  const to = addressesOf(change.after, now);
  if (from.length === 0 && to.length === 0) return;
  change.keys += 1;
  const left = from.filter((addr) => !to.includes(addr));
  const come = to.filter((addr) => !from.includes(addr));
  const count = Math.max(left.length, come.length);
  if (count > 0) change.moved += 1;
  for (let i = 0; i < count; i++) {
    const name = `${left[i] ?? NOWHERE}\n${come[i] ?? NOWHERE}`;
    change.moves.set(name, (change.moves.get(name) ?? 0) + 1);
  }
}

function addressesOf(ring: Ring | undefined, owners: Owners): string[] {
  const members = ring === undefined ? undefined : owners.get(ring);
  return members === undefined ? [] : members.map((member) => ring!.members[member]!);
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly keys: number;
  readonly share: number;
}

function listMoves({ moves, keys }: Change): Move[] {
  const rows = [...moves].map(([name, count]) => {
    const [from = '', to = ''] = name.split('\n');
    return { from, to, keys: count, share: count / keys };
  });
  return rows.sort((a, b) => b.keys - a.keys || (a.from + a.to < b.from + b.to ? -1 : 1));
}

function describeChange(change: Change): unknown {
  const { route, before, after, keys, moved } = change;
  const share = keys === 0 ? 0 : moved / keys;
  return { route, before: before?.type, after: after?.type, keys, moved, share, moves: listMoves(change) };
}

function renderChange(change: Change, beforeName: string, afterName: string): string {
  const { route, before, after, keys, moved } = change;
  if (before === undefined) return `route "${route}": only in ${afterName}\n`;
  if (after === undefined) return `route "${route}": only in ${beforeName}\n`;
  const types = before.type === after.type ? before.type : `${before.type} -> ${after.type}`;
  const share = keys === 0 ? '' : `, ${percent(moved / keys)}`;
  const head = `route "${route}" (${types}): ${renderCount(moved)} of ${renderCount(keys)} keys move${share}\n`;
  if (moved === 0) return head;
  const rows = listMoves(change).map(({ from, to, keys: count, share: part }) => [
    `  ${from}`,
    to,
    renderCount(count),
    percent(part),
  ]);
  return head + renderTable([['  from', 'to', 'keys', 'of all'], ...rows], { right: [2, 3] });
}
