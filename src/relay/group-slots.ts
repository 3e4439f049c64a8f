// The groups of a table at work: what stands behind the output ids of routes that choose by who is online.
import { AnyOfOutput } from '../destination/group/any-of-output.ts';
import { KeyCutter } from '../destination/group/cut-by-key.ts';
import { FailoverOutput } from '../destination/group/failover-output.ts';
import type { GroupMember, GroupOutput } from '../destination/group/group-output.ts';
import { RoundRobinOutput } from '../destination/group/round-robin-output.ts';
import type { Output } from '../destination/output.ts';
import type { GroupRouteType, RouteOptions } from '../table/options.ts';
import { isGroupType, routeSlots } from '../table/route/route-type-options.ts';
import type { Log } from '../util/log.ts';

/** Output ids of the slots of each route; undefined for a route whose slots are its destinations. */
export type SlotIds = readonly (readonly number[] | undefined)[];

/** Gives ids to the slots of groups, none of those in `taken`. */
export function numberSlots(routes: readonly RouteOptions[], taken: Iterable<number>): SlotIds {
  const used = new Set(taken);
  let free = 0;
  return routes.map((route) => {
    if (!isGroupType(route.type)) return undefined;
    return Array.from({ length: routeSlots(route) }, () => {
      while (used.has(free)) free += 1;
      return free++;
    });
  });
}

/** The slots of one table. */
export class GroupSlots {
  readonly #outputs: (GroupOutput | undefined)[] = [];
  readonly #failovers: { readonly route: string; readonly output: FailoverOutput; current: GroupMember }[] =
    [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Makes the slots of a route over its destinations. */
  add(route: RouteOptions, ids: readonly number[], members: readonly GroupMember[]): void {
    const outputs = makeOutputs(route.type as GroupRouteType, members);
    for (const [slot, id] of ids.entries()) this.#outputs[id] = outputs[slot];
    for (const output of outputs) {
      if (!(output instanceof FailoverOutput)) continue;
      this.#failovers.push({ route: route.key, output, current: output.current });
    }
  }

  outputOf(id: number): Output | undefined {
    return this.#outputs[id];
  }

  /** Keys of the destinations behind an output id; undefined: it is no group. */
  memberKeysOf(id: number): readonly string[] | undefined {
    return this.#outputs[id]?.members.map(({ key }) => key);
  }

  /** A destination has come or gone. */
  livenessChanged(): void {
    for (const failover of this.#failovers) {
      const { current } = failover.output;
      if (current === failover.current) continue;
      this.#log.warn(`route "${failover.route}" fails over from ${failover.current.key} to ${current.key}`);
      failover.current = current;
    }
    for (const output of this.#outputs) output?.livenessChanged();
  }

  /** Another table is in force. */
  close(): void {
    for (const output of this.#outputs) output?.close();
  }
}

function makeOutputs(type: GroupRouteType, members: readonly GroupMember[]): GroupOutput[] {
  const cutter = new KeyCutter();
  switch (type) {
    case 'failover':
      return [new FailoverOutput(members)];
    case 'round_robin':
      return [new RoundRobinOutput(members)];
    case 'any_of':
      return members.map((_, owner) => new AnyOfOutput(members, owner, cutter));
  }
}
