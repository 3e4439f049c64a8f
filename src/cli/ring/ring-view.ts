// The rings of a config as `sluice ring` looks at them: the routes that put keys on destinations by a hash, and where keys
// lie on them.
import type { Config } from '../../config/config.ts';
import { KeyText } from '../../table/key-text.ts';
import type { HashRouteType, RouteOptions } from '../../table/options.ts';
import { HashChoice, type KeyPlace } from '../../table/route/hash-choice.ts';
import { isHashType } from '../../table/route/route-type-options.ts';
import type { Snapshot } from '../../table/snapshot.ts';
import type { CommandWorld } from '../command-world.ts';
import { compileForCommand } from '../compile-for-command.ts';
import { CommandError } from '../exit-code.ts';
import { readGoodConfig } from '../read-config.ts';

/** One route that hashes. */
export interface Ring {
  readonly key: string;
  readonly type: HashRouteType | 'any_of';
  /** `host:port` or `host:port:instance`, as configured. */
  readonly members: readonly string[];
  readonly copies: number;
  /** The share of the ring that each member owns; where there is no ring, equal ones. */
  readonly shares: readonly number[];
  readonly choice: HashChoice;
}

/** The members of a key by ring; a ring whose route does not take the key is not there. */
export type Owners = ReadonlyMap<Ring, readonly number[]>;

/** A config's rings. */
export class RingView {
  readonly name: string;
  readonly rings: readonly Ring[];
  readonly #snapshot: Snapshot;
  /** Undefined for a route that does not hash. */
  readonly #byRoute: readonly (Ring | undefined)[];
  /** The ring and member behind each output. */
  readonly #places: readonly { readonly ring: Ring | undefined; readonly member: number }[];

  /** Reads a config; throws a CommandError when it is not good, or has no such route. `route`: only the one of this key. */
  constructor(file: string, route: string | undefined, world: CommandWorld) {
    const config = readGoodConfig(file, world);
    const rings = config.table.routes.map(toRing);
    this.name = file;
    this.#byRoute = rings;
    this.rings = chooseRings(rings, config, route, file);
    this.#snapshot = compileForCommand(config, file);
    this.#places = config.table.routes.flatMap(({ destinations }, index) =>
      destinations.map((_, member) => ({ ring: rings[index], member })),
    );
  }

  /** Where a key that the relay receives goes: through the whole table. */
  ownersOfReceived(key: Uint8Array): Owners {
    const plan = this.#snapshot.resolve(key);
    const owners = new Map<Ring, number[]>();
    if (plan.kind !== 'route') return owners;
    for (const output of plan.outputs) {
      const { ring, member } = this.#places[output]!;
      if (ring === undefined || !this.rings.includes(ring)) continue;
      const members = owners.get(ring);
      if (members === undefined) owners.set(ring, [member]);
      else members.push(member);
    }
    return owners;
  }

  /** Where a key that the relay receives lies, told for people. */
  placesOf(key: Uint8Array): { readonly ring: Ring; readonly place: KeyPlace }[] {
    const steps = this.#snapshot.explain(key).steps.filter((step) => step.kind === 'route');
    return steps.flatMap(({ index, place }) => {
      const ring = this.#byRoute[index];
      return ring === undefined || place === undefined || !this.rings.includes(ring) ? [] : [{ ring, place }];
    });
  }

  /** Where a key lies, whatever conditions and rewriters there are. */
  ownersOfMade(key: Uint8Array): Owners {
    const text = KeyText.fromBytes(key);
    return new Map(this.rings.map((ring) => [ring, ring.choice.members(text)]));
  }
}

function toRing(route: RouteOptions): Ring | undefined {
  const { key, type, destinations, replicationFactor } = route;
  if (!isHashType(type) && type !== 'any_of') return undefined;
  const choice = new HashChoice(route, type);
  const members = destinations.map(({ addr }) => addr);
  const shares = choice.shares(members.length) ?? members.map(() => 1 / members.length);
  return { key, type, members, copies: replicationFactor, shares, choice };
}

function chooseRings(
  rings: readonly (Ring | undefined)[],
  config: Config,
  route: string | undefined,
  file: string,
): Ring[] {
  const all = rings.filter((ring) => ring !== undefined);
  if (all.length === 0) throw new CommandError(`${file}: no route puts keys on destinations by a hash`);
  if (route === undefined) return all;
  const chosen = all.find(({ key }) => key === route);
  if (chosen !== undefined) return [chosen];
  const other = config.table.routes.find(({ key }) => key === route);
  const names = all.map(({ key }) => `"${key}"`).join(', ');
  const why = other === undefined ? `no route "${route}"` : `route "${route}" is of type ${other.type}`;
  throw new CommandError(`${file}: ${why}; those that hash: ${names}`);
}
